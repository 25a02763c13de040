// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for people: rounding at the borders of units, and what is refused on the way back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fmt.h"

typedef const char *(*format_fn)(uint64_t, char buf[static FB_FMT_STRLEN]);

static void check(format_fn fn, uint64_t value, const char *want)
{
	char buf[FB_FMT_STRLEN];

	assert_string_equal(fn(value, buf), want);
}

static void test_bytes(void **state)
{
	(void)state;
	check(fb_fmt_bytes, 0, "0 B");
	check(fb_fmt_bytes, 999, "999 B");
	check(fb_fmt_bytes, 1000, "1.00 kB");
	check(fb_fmt_bytes, 1004, "1.00 kB");
	check(fb_fmt_bytes, 1005, "1.01 kB");
	check(fb_fmt_bytes, 9994, "9.99 kB");
	check(fb_fmt_bytes, 9995, "10.0 kB");
	check(fb_fmt_bytes, 99949, "99.9 kB");
	check(fb_fmt_bytes, 99950, "100 kB");
	check(fb_fmt_bytes, 999499, "999 kB");
	check(fb_fmt_bytes, 999500, "1.00 MB");
	check(fb_fmt_bytes, 1288490188, "1.29 GB");
	check(fb_fmt_bytes, UINT64_MAX, "18.4 EB");
}

static void test_rate(void **state)
{
	(void)state;
	check(fb_fmt_rate, 0, "0");
	check(fb_fmt_rate, 7, "7 bit/s");
	check(fb_fmt_rate, 51200, "51.2 kbit/s");
	check(fb_fmt_rate, 10000000000, "10.0 Gbit/s");
}

static void test_duration(void **state)
{
	(void)state;
	check(fb_fmt_duration, 0, "0ms");
	check(fb_fmt_duration, 999, "999ms");
	check(fb_fmt_duration, 1000, "1.0s");
	check(fb_fmt_duration, 59999, "59.9s");
	check(fb_fmt_duration, 60000, "1m 00s");
	check(fb_fmt_duration, 3599999, "59m 59s");
	check(fb_fmt_duration, 8100000, "2h 15m");
	check(fb_fmt_duration, 90000000, "1d 1h");
	check(fb_fmt_duration, UINT64_MAX, "213503982334d 14h");
}

static void test_count(void **state)
{
	(void)state;
	check(fb_fmt_count, 0, "0");
	check(fb_fmt_count, 999, "999");
	check(fb_fmt_count, 1000, "1,000");
	check(fb_fmt_count, 18230, "18,230");
	check(fb_fmt_count, UINT64_MAX, "18,446,744,073,709,551,615");
}

typedef int (*parse_fn)(const char *, uint64_t, uint64_t, uint64_t *);

static void parses(parse_fn fn, const char *text, uint64_t want)
{
	uint64_t value = 77;

	assert_int_equal(fn(text, 0, UINT64_MAX, &value), 0);
	assert_true(value == want);
}

static void refuses(parse_fn fn, const char *text, int want)
{
	uint64_t value = 77;

	assert_int_equal(fn(text, 5, 1000000000000000, &value), want);
	assert_true(value == 77);
}

static void test_parse_u64(void **state)
{
	(void)state;
	parses(fb_fmt_parse_u64, "0", 0);
	parses(fb_fmt_parse_u64, "18446744073709551615", UINT64_MAX);
	refuses(fb_fmt_parse_u64, "18446744073709551616", -ERANGE);
	refuses(fb_fmt_parse_u64, "4", -ERANGE);
	for (const char **text = (const char *[]){"", " 7", "+7", "-7", "7 ", "7x", "0x10", "1e3",
						  "1.5", "99999999999999999999x", NULL};
	     *text; text++)
		refuses(fb_fmt_parse_u64, *text, -EINVAL);
}

static void test_parse_rate(void **state)
{
	(void)state;
	parses(fb_fmt_parse_rate, "64000bit", 64000);
	parses(fb_fmt_parse_rate, "500kbit", 500000);
	parses(fb_fmt_parse_rate, "20Mbit", 20000000);
	parses(fb_fmt_parse_rate, "1.5gbit", 1500000000);
	for (const char **text = (const char *[]){"", "20", "mbit", "20MB", "20 mbit", "-1kbit",
						  "2.5bit", NULL};
	     *text; text++)
		refuses(fb_fmt_parse_rate, *text, -EINVAL);
}

static void test_parse_size(void **state)
{
	(void)state;
	parses(fb_fmt_parse_size, "4096", 4096);
	parses(fb_fmt_parse_size, "64k", 64000);
	parses(fb_fmt_parse_size, "10MB", 10000000);
	parses(fb_fmt_parse_size, "8MiB", 8 << 20);
	parses(fb_fmt_parse_size, "1.5G", 1500000000);
	refuses(fb_fmt_parse_size, "99999999T", -ERANGE);
	refuses(fb_fmt_parse_size, "99999999999999999999", -ERANGE);
	for (const char **text = (const char *[]){"", "k", "1.k", "1.5", "1.5B", "10 MB", "10MBit",
						  "-1k", "1.2345678M", NULL};
	     *text; text++)
		refuses(fb_fmt_parse_size, *text, -EINVAL);
}

static void test_parse_duration(void **state)
{
	(void)state;
	parses(fb_fmt_parse_duration, "90", 90000);
	parses(fb_fmt_parse_duration, "250ms", 250);
	parses(fb_fmt_parse_duration, "15m", 900000);
	parses(fb_fmt_parse_duration, "1h30m", 5400000);
	parses(fb_fmt_parse_duration, "1d2h3m4s5ms", 93784005);
	refuses(fb_fmt_parse_duration, "1ms", -ERANGE);
	refuses(fb_fmt_parse_duration, "999999999999999d", -ERANGE);
	for (const char **text = (const char *[]){"", "s", "1h30", "30m1h", "1h1h", "1x", "1.5h",
						  "-1s", "1 s", "1min", NULL};
	     *text; text++)
		refuses(fb_fmt_parse_duration, *text, -EINVAL);
}

/* Like `date -ud`. */
static const struct {
	const char *text;
	int64_t ms;
	uint64_t span;
} times[] = {
	{"1970-01-01T00:00:00Z", 0, 1000},
	{"1970-01-01", 0, 86400000},
	{"2000-02-29", 951782400000, 86400000},
	{"2026-11-21T01:20:11.201Z", 1795224011201, 1},
	{"2026-11-21t01:20:11.2z", 1795224011200, 100},
	{"2026-11-21T01:20:11.20199999Z", 1795224011201, 1},
	{"2026-11-21T01:20:11Z", 1795224011000, 1000},
	{"2026-11-21T01:20Z", 1795224000000, 60000},
	{"2026-11-21T02:50:11+01:30", 1795224011000, 1000},
	{"2026-11-20T20:20:11-05:00", 1795224011000, 1000},
	{"9999-12-31T23:59:60Z", 253402300800000, 1000},
};

static void test_parse_time(void **state)
{
	int64_t ms = 42;
	uint64_t span = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		assert_int_equal(fb_fmt_parse_time(times[i].text, &ms, &span), 0);
		assert_int_equal(ms, times[i].ms);
		assert_int_equal(span, times[i].span);
	}
	ms = 42;
	for (const char **text = (const char *[]){"",
						  "now",
						  "2026",
						  "2026-11",
						  "2026-13-01",
						  "2026-02-29",
						  "2100-02-29",
						  "2026-00-01",
						  "2026-01-00",
						  "2026-11-21T",
						  "2026-11-21T01",
						  "2026-11-21T01:20",
						  "2026-11-21T24:00Z",
						  "2026-11-21T01:60Z",
						  "2026-11-21T01:20:61Z",
						  "2026-11-21T01:20:11",
						  "2026-11-21T01:20:11.Z",
						  "2026-11-21T01:20:11.1234567890Z",
						  "2026-11-21T01:20:11Zx",
						  "2026-11-21T01:20:11+0100",
						  "2026-11-21 01:20:11Z",
						  "1969-12-31",
						  "26-11-21",
						  NULL};
	     *text; text++)
		if (fb_fmt_parse_time(*text, &ms, &span) != -EINVAL)
			fail_msg("should not parse: %s", *text);
	assert_int_equal(fb_fmt_parse_time("1970-01-01T00:00:00+01:00", &ms, &span), -ERANGE);
	assert_int_equal(ms, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	   cmocka_unit_test(test_rate),
		cmocka_unit_test(test_duration),   cmocka_unit_test(test_count),
		cmocka_unit_test(test_parse_u64),  cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_rate), cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_parse_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
