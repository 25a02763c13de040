/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter format flow util
/* What rules would have done, of parts of flows that the test makes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/alerttry.h"

#define SINCE 1700000000000ll
#define MB    1000000ull

static struct fb_alert_rule rule;
static struct fb_alerttry *try;
static struct fb_alerttry_times times;

/* Over so many seconds. */
static void begin(const char *text, int seconds)
{
	struct fb_why why = {""};

	if (fb_alert_rule_parse(text, &rule, &why) < 0)
		fail_msg("%s", why.text);
	assert_null(fb_alerttry_lack(&rule));
	assert_int_equal(fb_alerttry_new(&rule, SINCE, SINCE + seconds * 1000ll, &try), 0);
}

static void part(const char *key, int from_s, int to_s, uint64_t bytes)
{
	const struct fb_alerttry_part one = {key, SINCE + from_s * 1000ll, SINCE + to_s * 1000ll,
					     bytes};

	assert_int_equal(fb_alerttry_add(try, &one), 0);
}

static void end(void)
{
	assert_int_equal(fb_alerttry_end(try, &times), 0);
	fb_alerttry_free(try);
	fb_filter_free(rule.filter);
}

static void fired(unsigned int i, const char *key, int from_s, int to_s, uint64_t value)
{
	const struct fb_alerttry_time *one = &times.kept[i];

	assert_true(i < times.n_kept);
	assert_string_equal(one->key, key);
	assert_int_equal((one->from_ms - SINCE) / 1000, from_s);
	assert_int_equal(one->to_ms ? (one->to_ms - SINCE) / 1000 : 0, to_s);
	assert_int_equal(one->value, value);
}

static void tells_rates(void **state)
{
	(void)state;
	begin("up: rate > 50mbit by src.ip for 5s window 10s", 600);
	assert_int_equal(fb_alerttry_step_s(try), 1);
	part("10.0.0.1", 100, 200, 1000 * MB); /* 80 Mbit/s */
	part("10.0.0.2", 100, 200, 500 * MB);  /* 40 */
	part("10.0.0.3", 300, 302, 10 * MB);   /* too short for 5 s */
	part("10.0.0.1", 590, 600, 200 * MB);
	end();
	assert_int_equal(times.n, 2);
	assert_int_equal(times.told, 2);
	/* 50 Mbit/s in the window after 7 s, and for 5 s; below it again 4 s behind its end, for 5
	 * s */
	fired(0, "10.0.0.1", 112, 208, 80000000);
	assert_string_equal(times.kept[1].key, "10.0.0.1");
	assert_true(times.kept[1].to_ms == 0);
}

static void tells_bytes_of_what_reaches_in(void **state)
{
	(void)state;
	begin("much: bytes > 50mb window 1m", 600);
	part("", -100, 100, 100 * MB); /* half of it before; 30 MB a minute */
	part("", 200, 200, 60 * MB);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "", 201, 261, 60 * MB);
}

static void tells_how_many_lived(void **state)
{
	(void)state;
	begin("many: flows > 2 by dst.ip", 600);
	for (int i = 0; i < 3; i++)
		part("a", 10 * i, 100, 0);
	part("b", 0, 600, 0);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "a", 21, 102, 3);
	begin("none: flows < 1", 100);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "", 1, 0, 0);
}

static void tells_what_was_absent_and_new(void **state)
{
	(void)state;
	begin("gone: absent > 30s", 300);
	part("", 0, 100, 1);
	part("", 200, 300, 1);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "", 132, 201, 99);
	begin("fresh: new by src.ip window 1m", 1000);
	part("old", 10, 500, 1);
	part("young", 200, 201, 1);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "young", 201, 501, 0);
}

static void keeps_quiet_hours_apart(void **state)
{
	(void)state;
	begin("busy: bytes > 1mb window 10s quiet 00:00-23:59", 60);
	part("", 10, 10, 2 * MB);
	end();
	assert_int_equal(times.n, 1);
	assert_int_equal(times.told, 0);
	assert_true(times.kept[0].silent);
}

/* Over a stop of an hour nothing is absent, and what was pending begins anew. */
static void leaves_out_when_nobody_looked(void **state)
{
	(void)state;
	begin("gone: absent > 60s", 7200);
	part("", 0, 1000, 1);
	part("", 4630, 7200, 1);
	fb_alerttry_gap(try, SINCE + 1000 * 1000ll, SINCE + 4600 * 1000ll);
	end();
	assert_int_equal(times.n, 0);
	begin("none: flows < 1 for 30s", 200);
	fb_alerttry_gap(try, SINCE + 20 * 1000ll, SINCE + 100 * 1000ll);
	end();
	assert_int_equal(times.n, 1);
	fired(0, "", 131, 0, 0);
	begin("busy: bytes > 1mb window 10s", 600);
	part("", 10, 20, 20 * MB); /* fires when it stops, and is over after it */
	fb_alerttry_gap(try, SINCE + 20 * 1000ll, SINCE + 300 * 1000ll);
	end();
	assert_int_equal(times.n, 1);
	assert_int_equal(times.kept[0].to_ms, SINCE + 301 * 1000ll);
}

static void is_silent_while_another_explains_it(void **state)
{
	struct fb_alert_rule wan, up;
	struct fb_alerttry *other;
	const struct fb_alerttry_part all = {"", SINCE + 100000, SINCE + 200000, 1000 * MB};

	(void)state;
	assert_int_equal(fb_alert_rule_parse("wan: bytes > 1mb window 10s", &wan, NULL), 0);
	assert_int_equal(fb_alerttry_new(&wan, SINCE, SINCE + 600000, &other), 0);
	assert_int_equal(fb_alerttry_add(other, &all), 0);
	assert_int_equal(fb_alerttry_end(other, &times), 0);
	assert_int_equal(times.n, 1);
	begin("up: bytes > 1mb by src.ip window 10s unless wan", 600);
	up = rule;
	part("a", 120, 130, 100 * MB); /* all of it */
	part("b", 190, 230, 100 * MB); /* it goes on when that is over */
	part("c", 300, 330, 100 * MB);
	fb_alerttry_explain(try, other);
	end();
	assert_string_equal(up.unless, "wan");
	assert_int_equal(times.n, 3);
	assert_int_equal(times.told, 2);
	assert_string_equal(times.kept[0].silent, "explained by another rule");
	assert_null(times.kept[1].silent);
	assert_null(times.kept[2].silent);
	fb_alerttry_free(other);
}

static void is_bounded(void **state)
{
	char key[16];

	(void)state;
	begin("busy: bytes > 1mb by src.ip window 10s", 7 * 86400);
	assert_int_equal(fb_alerttry_step_s(try), 210);
	for (int i = 0; i < FB_ALERTTRY_KEYS + 10; i++) {
		snprintf(key, sizeof(key), "%d", i);
		part(key, 1000 * i, 1000 * i, 2 * MB);
	}
	assert_int_equal(fb_alerttry_left_out(try), 10);
	end();
	assert_int_equal(times.n, FB_ALERTTRY_KEYS);
	assert_int_equal(times.n_kept, FB_ALERTTRY_TIMES);
	assert_string_equal(times.kept[FB_ALERTTRY_TIMES - 1].key, "511");
	assert_string_equal(times.kept[0].key, "312");
}

static void says_what_it_cannot_tell(void **state)
{
	struct fb_why why;

	(void)state;
	for (unsigned int i = 0; i < FB_ALERT_MEASURE_COUNT; i++) {
		const struct fb_alert_rule one = {.measure = i};
		const bool tells = i == FB_ALERT_RATE || i == FB_ALERT_BYTES ||
				   i == FB_ALERT_FLOWS || i == FB_ALERT_NEW || i == FB_ALERT_ABSENT;

		assert_int_equal(fb_alerttry_lack(&one) == NULL, tells);
	}
	assert_int_equal(fb_alert_rule_parse("d: disk > 90", &rule, &why), 0);
	assert_non_null(strstr(fb_alerttry_lack(&rule), "how full the disk"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_rates),
		cmocka_unit_test(tells_bytes_of_what_reaches_in),
		cmocka_unit_test(tells_how_many_lived),
		cmocka_unit_test(tells_what_was_absent_and_new),
		cmocka_unit_test(keeps_quiet_hours_apart),
		cmocka_unit_test(leaves_out_when_nobody_looked),
		cmocka_unit_test(is_silent_while_another_explains_it),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(says_what_it_cannot_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
