/* SPDX-License-Identifier: BSD-2-Clause */
// link: flow format util
/*
 * A million names that a stranger chose, through everything that writes a flow: the flow object and
 * every field as JSON are valid UTF-8 without control characters and parse; CSV cells stay one cell
 * and no spreadsheet runs them.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/fields.h"
#include "util/jsonin.h"
#include "util/cleanup.h"
#include "flow/value.h"
#include "format/object.h"
#include "format/csv.h"

#define ROUNDS 250000 /* of four names */

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0"};
static struct fb_snapshot snapshot = {.interval_ns = 1000000000,
				      .now_ns = 50000000000000,
				      .wall_ms = 1795224011201,
				      .link_names = links};
static uint64_t seed = 7;

static unsigned int random_below(unsigned int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((seed >> 33) % n);
}

/* Bytes of all kinds, and pieces that are worse than random ones. */
static void make_name(char *name, size_t room)
{
	static const char *const pieces[] = {
		"\xff\xfe",
		"\xc0\x80",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xe2\x80\xa8",
		"\xe2\x80\xae",
		"\xf0\x9f\x92\xa9",
		"<script>",
		"\"",
		"\\",
		"\n",
		"\r\n",
		"\x1b[2J",
		"=cmd|'/c calc'!A1",
		"@",
		"+1",
		"-1",
		"\t",
		",",
		";",
		"\x7f",
		"\xc2\x85",
		"\xc3",
		"xn--",
		".",
		"\xef\xbb\xbf",
	};
	size_t len = random_below((unsigned int)room - 24), n = 0;

	while (n < len) {
		const char *piece = pieces[random_below(sizeof(pieces) / sizeof(*pieces))];

		if (random_below(4)) {
			name[n++] = (char)(1 + random_below(255));
			continue;
		}
		memcpy(name + n, piece, strlen(piece));
		n += strlen(piece);
	}
	name[n] = '\0';
}

static size_t sequence_len(const unsigned char *p, const unsigned char *end)
{
	uint32_t code;
	size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;

	if (!n || (size_t)(end - p) < n)
		return 0;
	code = n == 1 ? *p : *p & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		code = code << 6 | (p[i] & 63);
	}
	if ((n == 2 && code < 0x80) || (n == 3 && code < 0x800) || (n == 4 && code < 0x10000) ||
	    code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

/* Valid UTF-8, no control character, and none of the two that end a line in JavaScript. */
static bool is_clean(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	while (p < end) {
		size_t n = sequence_len(p, end);

		if (!n || *p < 0x20 || *p == 0x7f || (n == 3 && !memcmp(p, "\xe2\x80\xa8", 3)) ||
		    (n == 3 && !memcmp(p, "\xe2\x80\xa9", 3)))
			return false;
		p += n;
	}
	return true;
}

static void check_csv(const struct fb_buf *cell)
{
	const char *text = cell->data;
	size_t len = cell->len;
	bool quoted = len && text[0] == '"';

	if (!len)
		return;
	assert_null(strchr("=+-@\t\r", quoted ? text[1] : text[0]));
	for (size_t i = quoted; i < len - quoted; i++) {
		if (quoted && text[i] == '"') {
			assert_true(i + 1 < len - 1 && text[i + 1] == '"');
			i++;
		} else if (!quoted) {
			assert_null(strchr(",\"\r\n", text[i]));
		}
	}
	assert_true(!quoted || (len >= 2 && text[len - 1] == '"'));
}

static void write_all(const struct fb_flow_at *at, struct fb_buf *buf, bool parse)
{
	struct fb_value value;
	struct fb_json json;

	fb_buf_clear(buf);
	fb_json_init(&json, buf);
	fb_flow_write_json(&json, at);
	assert_int_equal(fb_buf_error(buf), 0);
	assert_true(is_clean(buf->data, buf->len));
	if (parse) {
		_cleanup_jsonin_ struct fb_jsonin *in = NULL;
		struct fb_jsonin_error error;

		assert_int_equal(fb_jsonin_new(buf->data, buf->len, &in, &error), 0);
	}
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		if (fb_fields[i].type != FB_TYPE_TEXT)
			continue;
		fb_field_get(&fb_fields[i], at, &value);
		fb_buf_clear(buf);
		fb_json_init(&json, buf);
		fb_value_write_json(&json, &fb_fields[i], &value);
		assert_true(is_clean(buf->data, buf->len));
		fb_buf_clear(buf);
		if (value.known)
			fb_csv_cell(buf, value.text, strlen(value.text));
		check_csv(buf);
	}
}

static void test_strangers(void **state)
{
	static char text[4][256];
	_cleanup_free_ struct fb_flow_names *names =
		calloc(1, sizeof(*names) + 2 * sizeof(names->name[0]));
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_traffic traffic = {.bytes = {1, 2}};
	struct fb_flow_tls tls = {.version = 0x0304};
	const struct fb_flow_name host = {.text = text[1], .source = FB_NAME_DHCP};
	struct fb_flow flow = {.id = 77,
			       .src_port = 51544,
			       .dst_port = 443,
			       .proto = IPPROTO_TCP,
			       .family = 4,
			       .link = 1,
			       .state = FB_STATE_ESTABLISHED,
			       .names = names,
			       .tls = &tls,
			       .service = text[0],
			       .src_host = &host};
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};

	(void)state;
	assert_non_null(names);
	names->n = 2;
	for (unsigned int i = 0; i < 2; i++)
		names->name[i] = (struct fb_flow_name){.text = text[2 + i],
						       .source = i ? FB_NAME_DNS : FB_NAME_SNI};
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 4; i++)
			make_name(text[i], random_below(16) ? 48 : sizeof(text[i]));
		write_all(&at, &buf, round % 16 == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_strangers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
