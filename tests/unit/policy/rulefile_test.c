/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter flow util
/* A line says all of a rule, in the form of today and in that of before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rulefile.h"

static void assert_same(const struct fb_rule *a, const struct fb_rule *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->verb, b->verb);
	assert_true(a->made_ms == b->made_ms && a->until_ms == b->until_ms);
	assert_true(a->rate_up == b->rate_up && a->rate_down == b->rate_down);
	assert_int_equal(a->per_host, b->per_host);
	assert_true(a->confirm_ms == b->confirm_ms);
	assert_string_equal(a->what, b->what);
	assert_string_equal(a->by, b->by);
	assert_string_equal(a->reason, b->reason);
}

static char *line_of(const struct fb_rule *rule)
{
	struct fb_buf buf = FB_BUF_INIT;
	size_t len;
	char *line;

	fb_rulefile_write(rule, &buf);
	assert_int_equal(fb_buf_error(&buf), 0);
	assert_int_equal(buf.data[buf.len - 1], '\n');
	buf.len--;
	line = fb_buf_take(&buf, &len);
	assert_null(strchr(line, '\n'));
	return line;
}

static void says_all(void **state)
{
	struct fb_rule rule = {.id = 7,
			       .verb = FB_RULE_ALLOW,
			       .made_ms = 1764432000123,
			       .until_ms = 1764435600000,
			       .confirm_ms = 1764432060123,
			       .what = "dst.host ~ \"*.example.com\" and name = \"a\\\\b\" end=1",
			       .by = "operator uid 0, pid 71",
			       .reason = "\xc3\xa4 tab\tand a line\nend \\"},
		       read;
	struct fb_why why = {""};
	char *line = line_of(&rule);

	(void)state;
	assert_int_equal(fb_rulefile_read(line, &read, &why), 0);
	snprintf(rule.reason, sizeof(rule.reason), "\xc3\xa4 tab and a line end \\");
	assert_same(&rule, &read);
	free(line);
}

static void says_rates(void **state)
{
	const struct fb_rule rule = {.id = 7,
				     .verb = FB_RULE_LIMIT,
				     .made_ms = 1764432000000,
				     .what = "10.0.1.2",
				     .rate_up = 2500000,
				     .rate_down = 400000000000,
				     .per_host = true};
	char by_hand[] = "verb=limit what=10.0.1.2 down=20mbit per=host";
	struct fb_why why = {""};
	char *line = line_of(&rule);
	struct fb_rule read;

	(void)state;
	assert_non_null(strstr(line, " up=2500000bit down=400000000000bit per=host"));
	assert_int_equal(fb_rulefile_read(line, &read, &why), 0);
	assert_same(&rule, &read);
	free(line);
	assert_int_equal(fb_rulefile_read(by_hand, &read, &why), 0);
	assert_true(read.rate_down == 20000000 && !read.rate_up && read.per_host);
}

static void is_for_people(void **state)
{
	const struct fb_rule rule = {
		.id = 3, .verb = FB_RULE_BLOCK, .made_ms = 1764432000000, .what = "203.0.113.0/24"};
	char by_hand[] = "  what=192.0.2.1\tverb=block until=2026-11-21 ", *line = line_of(&rule);
	struct fb_why why = {""};
	struct fb_rule read;

	(void)state;
	assert_string_equal(line, "id=3 verb=block what=\"203.0.113.0/24\" "
				  "made=2025-11-29T16:00:00.000Z");
	free(line);
	assert_int_equal(fb_rulefile_read(by_hand, &read, &why), 0);
	assert_int_equal(read.id, 0);
	assert_string_equal(read.what, "192.0.2.1");
	assert_true(read.until_ms == 1795219200000);
}

static void refuses(void **state)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{"", "verb is missing"},
		{"verb=block", "what is missing"},
		{"verb=block what", "\"what\" is no attribute=value"},
		{"verb=burn what=1.2.3.4", "verb must be a verb of rules"},
		{"verb=block what=1.2.3.4 only=tcp",
		 "only is no attribute that this version knows"},
		{"verb=block what=1.2.3.4 what=1.2.3.5", "what stands there twice"},
		{"verb=block what=\"1.2.3.4", "the text of what has no end"},
		{"verb=block what=\"1.2.3.4\"id=1", "the text of what has no end"},
		{"verb=block what=\"1.2.3.4\\\"", "the text of what has no end"},
		{"id=0 verb=block what=1.2.3.4", "id must be a number from 1 on"},
		{"id=4294967295 verb=block what=1.2.3.4", "id must be a number from 1 on"},
		{"verb=limit what=1.2.3.4", "a limit needs up or down"},
		{"verb=limit what=1.2.3.4 per=host", "a limit needs up or down"},
		{"verb=block what=1.2.3.4 down=20mbit",
		 "up, down and per are for the verb limit alone"},
		{"verb=allow what=1.2.3.4 per=host",
		 "up, down and per are for the verb limit alone"},
		{"id=4294967296 verb=block what=1.2.3.4", "id must be a number from 1 on"},
		{"verb=block what=1.2.3.4 until=soon",
		 "until must be a time such as 2026-11-21T01:20:11Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fb_why why = {""};
		struct fb_rule read;
		char line[128];

		snprintf(line, sizeof(line), "%s", bad[i].line);
		assert_int_equal(fb_rulefile_read(line, &read, &why), -EINVAL);
		assert_string_equal(why.text, bad[i].why);
	}
}

static void has_bounds(void **state)
{
	char line[FB_RULE_WHAT + 64];
	struct fb_why why = {""};
	struct fb_rule read;

	(void)state;
	snprintf(line, sizeof(line), "verb=block what=%0*d", FB_RULE_WHAT, 1);
	assert_int_equal(fb_rulefile_read(line, &read, &why), 0);
	snprintf(line, sizeof(line), "verb=block what=%0*d", FB_RULE_WHAT + 1, 1);
	assert_int_equal(fb_rulefile_read(line, &read, &why), -EINVAL);
	assert_string_equal(why.text, "what must be a text, and not so long");
}

static void parses_a_file(void **state)
{
	static const struct {
		const char *text, *why;
		int r;
		unsigned int n;
	} cases[] = {
		{FB_RULEFILE_HEADER "\n# mine\n\nverb=block what=192.0.2.1\nend 1\n", "", 0, 1},
		{FB_RULEFILE_HEADER "\nverb=block what=1.2.3.4\nverb=allow what=1.2.3.5", "", 0, 2},
		{FB_RULEFILE_HEADER, "", 0, 0},
		{"", "the first line is not \"" FB_RULEFILE_HEADER "\"", -EINVAL, 0},
		{FB_RULEFILE_HEADER "\n\nverb=burn what=1.2.3.4",
		 "line 3: verb must be a verb of rules", -EINVAL, 0},
		{FB_RULEFILE_HEADER "\nverb=block what=1.2.3.4\nend 2\n",
		 "the last line is of 2 rules, there are 1", -EINVAL, 0},
		{FB_RULEFILE_HEADER "\nverb=block what=a\nverb=block what=b\nverb=block what=c",
		 "there are more than 2 rules", -E2BIG, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = strdup(cases[i].text);
		struct fb_why why = {""};
		struct fb_rule rules[2];
		unsigned int n = 0;

		assert_int_equal(fb_rulefile_parse(text, rules, 2, &n, &why), cases[i].r);
		assert_string_equal(why.text, cases[i].why);
		if (cases[i].r == 0)
			assert_int_equal(n, cases[i].n);
		free(text);
	}
}

static void reads_the_form_of_before(void **state)
{
	static const char *const bad[] = {"",
					  "7 block",
					  "x block 0 1 a\tb\tc",
					  "7 burn 0 1 a\tb\tc",
					  "7 block -1 1 a\tb\tc",
					  "7 block 0 1 a\tb",
					  "7 block 0 1 a\tb\tc\td",
					  "0 block 0 1 a\tb\tc"};
	const struct fb_rule rule = {.id = 7,
				     .verb = FB_RULE_ALLOW,
				     .made_ms = 1764432000000,
				     .until_ms = 1764435600000,
				     .by = "operator uid 0, pid 71",
				     .reason = "a lab",
				     .what = "port = 443"};
	char line[] = "7 allow 1764435600000 1764432000000 "
		      "operator uid 0, pid 71\ta lab\tport = 443";
	struct fb_rule read;

	(void)state;
	assert_true(fb_rulefile_read_1(line, &read));
	assert_same(&rule, &read);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", bad[i]);
		if (fb_rulefile_read_1(text, &read))
			fail_msg("%s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_all),	 cmocka_unit_test(is_for_people),
		cmocka_unit_test(refuses),	 cmocka_unit_test(has_bounds),
		cmocka_unit_test(parses_a_file), cmocka_unit_test(reads_the_form_of_before),
		cmocka_unit_test(says_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
