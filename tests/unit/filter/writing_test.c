/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow format util
/* Who writes a filter: what does not parse and where, how much may be, what is offered. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "filter/filter.h"

static const struct {
	const char *text;
	unsigned int offset;
	const char *suggestion;
} bad[] = {
	{"scr.ip=1.2.3.4", 0, "src.ip"},
	{"proto=tcp and dprot=443", 14, "dport"},
	{"src=1.2.3", 4, ""},
	{"src=10.0.0.1/8", 4, ""},
	{"src=1.2.3.4/33", 4, ""},
	{"dport=https2x", 6, ""},
	{"bytes>10XB", 6, ""},
	{"duration_ms>2y", 12, ""},
	{"proto=tcp and", 13, ""},
	{"(proto=tcp", 0, ""},
	{"proto=tcp)", 9, ""},
	{"host=\"abc", 5, ""},
	{"proto=", 6, ""},
	{"dport in 80", 9, ""},
	{"dport in (80", 9, ""},
	{"state=HELLO", 6, ""},
	{"state=ESTAB", 6, "ESTABLISHED"},
	{"state=TIMEWAIT", 6, "TIME_WAIT"},
	{"proto=foo", 6, ""},
	{"proto=tpc", 6, "tcp"},
	{"first_seen>5m", 11, ""},
	{"first_seen>yesterday", 11, ""},
	{"first_seen>2026-02-30", 11, ""},
	{"first_seen>2026-11-21T01:20:11", 11, ""},
	{"first_seen=-5m..-15m", 11, ""},
	{"first_seen=now..", 11, ""},
	{"duration>inf", 9, ""},
	{"duration>1e99", 9, ""},
	{"duration>nan", 9, ""},
	{"duration>90x", 9, ""},
	{"duration>99999999999999999999h", 9, ""},
	{"packets>nan", 8, ""},
	{"packets>1.5", 8, ""},
	{"mark=0x", 5, ""},
	{"rate>5Mfoo", 5, ""},
	{"host>3", 0, ""},
	{"dport=9-3", 6, ""},
	{"dport=70000", 6, ""},
	{"prto in (tcp)", 0, "proto"},
	{"scr not in (1.2.3.4)", 0, "src"},
	{"dport=443,80", 9, ""},
	{"proto=tcp &&", 12, ""},
	{"nat.src=nowhere", 8, ""},
	{"nat.src=10.0.0.1:", 8, ""},
	{"nat.src=10.0.0.1:70000", 8, ""},
	{"nat.dst=[fd00::1", 8, ""},
	{"nat.src>10.0.0.1", 0, ""},
	{"mark & = 1", 7, ""},
	{"mark & 0 = 0", 7, ""},
	{"mark & 1-2 = 1", 7, ""},
	{"mark & 0xf = 0x10", 13, ""},
	{"mark = 1/0", 7, ""},
	{"mark & 1 = 1/1", 11, ""},
	{"src & 1 = 1", 4, ""},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fb_filter *filter = NULL;
		struct fb_filter_error error;

		if (fb_filter_compile(bad[i].text, &filter, &error) != -EINVAL)
			fail_msg("should not parse: %s", bad[i].text);
		assert_null(filter);
		if (error.offset != bad[i].offset)
			fail_msg("%s: offset %u: %s", bad[i].text, error.offset, error.detail);
		assert_true(error.detail[0]);
		assert_string_equal(error.suggestion, bad[i].suggestion);
	}
}

static void test_bounds(void **state)
{
	struct fb_filter *filter = NULL;
	struct fb_filter_error error;
	static char text[FB_FILTER_BYTES + 2];

	(void)state;
	memset(text, '(', FB_FILTER_BYTES);
	assert_int_equal(fb_filter_compile(text, &filter, &error), -EINVAL);
	memset(text, 'a', FB_FILTER_BYTES + 1);
	assert_int_equal(fb_filter_compile(text, &filter, &error), -EINVAL);
	for (int i = 0; i < FB_FILTER_BYTES; i++)
		text[i] = "a "[i % 2];
	assert_int_equal(fb_filter_compile(text, &filter, &error), -EINVAL);
	for (int i = 0; i < FB_FILTER_BYTES; i++)
		text[i] = '!';
	assert_int_equal(fb_filter_compile(text, &filter, &error), -EINVAL);
}

static bool offers(const char *text, const char *choice)
{
	struct fb_filter_choice choices[FB_FILTER_CHOICES];
	unsigned int start, end;
	unsigned int n =
		fb_filter_complete(text, (unsigned int)strlen(text), &start, &end, choices);

	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(choices[i].text, choice))
			return true;
	return false;
}

static void test_complete(void **state)
{
	(void)state;
	assert_true(offers("src.", "src.ip"));
	assert_true(offers("proto=tcp and dst.h", "dst.host"));
	assert_true(offers("state=EST", "ESTABLISHED"));
	assert_true(offers("nat.kind=", "snat"));
	assert_true(offers("first_seen>", "-5m"));
	assert_true(offers("last_seen>=-", "-1h"));
	assert_true(offers("duration>", "10s"));
	assert_true(offers("tls.ech=t", "true"));
	assert_true(offers("state in (", "ESTABLISHED"));
	assert_true(offers("port=1 and proto not in (tcp, u", "udp"));
	assert_false(offers("state in (", "src.ip"));
	assert_true(offers("state in (close) s", "src.ip"));
	assert_true(offers("(s", "src.ip"));
	assert_true(offers("conntrack.mark", " & "));
	assert_false(offers("bytes", " & "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
