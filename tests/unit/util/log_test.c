/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* Whatever a message holds, it is one line of UTF-8 without control characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/log.h"

static char heard[2048];

static void hear(void *ctx, enum fb_log_level level, const char *component, const char *message,
		 const struct fb_log_field *fields)
{
	(void)ctx;
	(void)level;
	(void)component;
	(void)fields;
	snprintf(heard, sizeof(heard), "%s", message);
}

static const char *logged(const char *text)
{
	fb_info("test", "%s", text);
	return heard;
}

static void test_inert(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"a\nb\r\tc\033[31m\x7f", "a?b??c?[31m?"},
		{"C1 \xc2\x9b"
		 "31m, NBSP \xc2\xa0",
		 "C1 ??31m, NBSP \xc2\xa0"},
		{"alone \x9b"
		 "31m",
		 "alone ?31m"},
		{"\xff\xfe", "??"},
		{"cut \xe2\x82", "cut ??"},
		{"overlong \xc0\x8a", "overlong ??"},
		{"surrogate \xed\xa0\x80", "surrogate ???"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(logged(cases[i].text), cases[i].line);
}

static void test_cut(void **state)
{
	char text[2001];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	logged(text);
	assert_int_equal(strlen(heard), 1023);
	assert_int_equal(heard[1022], '?');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inert),
		cmocka_unit_test(test_cut),
	};

	fb_log_set_level(FB_LOG_ERROR);
	fb_log_set_listener(hear, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
