// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON writer: commas, exact integers, and names that a stranger chose. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/json.h"

static void expect(struct fb_buf *buf, const char *text)
{
	size_t len = 0;
	char *got = fb_buf_take(buf, &len);

	assert_non_null(got);
	assert_string_equal(got, text);
	assert_int_equal(len, strlen(text));
	free(got);
}

static void nests_with_commas(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	(void)state;
	fb_json_init(&json, &buf);
	fb_json_object(&json);
	fb_json_kv_array(&json, "a");
	fb_json_u64(&json, 1);
	fb_json_array(&json);
	fb_json_end(&json, ']');
	fb_json_object(&json);
	fb_json_kv_str(&json, "x", NULL);
	fb_json_kv_bool(&json, "y", true);
	fb_json_end(&json, '}');
	fb_json_end(&json, ']');
	fb_json_kv_object(&json, "b");
	fb_json_end(&json, '}');
	fb_json_key(&json, "c");
	fb_json_u64(&json, 2);
	fb_json_end(&json, '}');
	expect(&buf, "{\"a\":[1,[],{\"x\":null,\"y\":true}],\"b\":{},\"c\":2}");
}

static void prints_integers_exactly(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	(void)state;
	fb_json_init(&json, &buf);
	fb_json_array(&json);
	fb_json_u64(&json, 0);
	fb_json_u64(&json, 9007199254740993ull);
	fb_json_u64(&json, UINT64_MAX);
	fb_json_num(&json, 1.25, 1);
	fb_json_num(&json, -0.04, 2);
	fb_json_num(&json, 1.0 / 0.0, 2);
	fb_json_end(&json, ']');
	expect(&buf, "[0,9007199254740993,18446744073709551615,1.2,-0.04,null]");
}

static void writes_times(void **state)
{
	char text[FB_TIME_STRLEN];

	(void)state;
	assert_string_equal(fb_json_format_time(0, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(fb_json_format_time(1795224011201, text), "2026-11-21T01:20:11.201Z");
	assert_string_equal(fb_json_format_time(-1, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(fb_json_format_time(INT64_MAX, text), "1970-01-01T00:00:00.000Z");
}

/* Names as a stranger may send them, and the one form they may have in an answer. */
static const struct {
	const char *name;
	size_t len;
	const char *json;
} names[] = {
#define NAME(name, json) {name, sizeof(name) - 1, json}
	NAME("www.example.org", "www.example.org"),
	NAME("a\0b", "a\\u0000b"),
	NAME("\x1b[2J", "\\u001b[2J"),
	NAME("<script>alert(1)</script>", "\\u003cscript>alert(1)\\u003c/script>"),
	NAME("\"'\\/", "\\\"'\\\\/"),
	NAME("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"),
	NAME("\x7f", "\\u007f"),
	NAME("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
	NAME("\xe2\x80\xae", "\xe2\x80\xae"), /* bidi override: text, the page shows it escaped */
	NAME("\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"),
	NAME("%n%s", "%n%s"),
	NAME("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
	NAME("$(reboot)\n", "$(reboot)\\n"),
	NAME("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"),		      /* overlong */
	NAME("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"), /* surrogate */
	NAME("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
	NAME("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"), /* cut */
	NAME("m\xc3\xbcnchen \xf0\x9f\x98\x80", "m\xc3\xbcnchen \xf0\x9f\x98\x80"),
#undef NAME
};

static void escapes_what_a_stranger_chose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct fb_buf buf = FB_BUF_INIT;

		fb_json_escape(&buf, names[i].name, names[i].len);
		expect(&buf, names[i].json);
	}
}

static bool valid_utf8(const unsigned char *p, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c = p[i];

		n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
		if (!n || i + n > len)
			return false;
		c = n == 1 ? c : c & (0x7fu >> n);
		for (size_t k = 1; k < n; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (p[i + k] & 0x3fu);
		}
		if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029 || c > 0x10ffff ||
		    (c >= 0xd800 && c < 0xe000) || (n > 1 && c < 0x80) || (n > 2 && c < 0x800) ||
		    (n > 3 && c < 0x10000))
			return false;
	}
	return true;
}

static void is_always_valid_utf8(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		unsigned char name[16];
		struct fb_buf buf = FB_BUF_INIT;

		for (size_t i = 0; i < sizeof(name); i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			name[i] = (unsigned char)(seed >> 56) | (round & 1 ? 0x80 : 0);
		}
		fb_json_escape(&buf, (const char *)name, sizeof(name));
		assert_int_equal(buf.error, 0);
		assert_true(valid_utf8((const unsigned char *)buf.data, buf.len));
		fb_buf_fini(&buf);
	}
}

static void keeps_an_error(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_buf_adds(&buf, "x");
	assert_null(fb_buf_reserve(&buf, SIZE_MAX / 2));
	fb_buf_adds(&buf, "y");
	assert_int_equal(fb_buf_error(&buf), -ENOMEM);
	assert_int_equal(buf.len, 1);
	assert_null(fb_buf_take(&buf, NULL));
	assert_null(buf.data);
}

static void grows_and_formats(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		fb_buf_addf(&buf, "%03d", i);
	assert_int_equal(buf.len, 3000);
	assert_memory_equal(buf.data + 2997, "999", 3);
	fb_buf_clear(&buf);
	fb_buf_addu(&buf, UINT64_MAX);
	fb_buf_addu(&buf, 0);
	expect(&buf, "184467440737095516150");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests_with_commas),
		cmocka_unit_test(prints_integers_exactly),
		cmocka_unit_test(writes_times),
		cmocka_unit_test(escapes_what_a_stranger_chose),
		cmocka_unit_test(is_always_valid_utf8),
		cmocka_unit_test(keeps_an_error),
		cmocka_unit_test(grows_and_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
