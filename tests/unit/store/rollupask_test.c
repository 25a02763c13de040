/* SPDX-License-Identifier: BSD-2-Clause */
// link: store flow util
/* Sums of any period are those of its ten-second buckets, whichever buckets they are read from. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "store/rollupask.h"
#include "store/rollupspan.h"
#include "store/sqldb.h"

#define BEGAN	1700000000ll /* a multiple of ten, of no minute */
#define TICKS	3000	     /* buckets of ten seconds: more than eight hours */
#define HOSTS	5
#define ENDED	(BEGAN + TICKS * 10)
#define UNKNOWN 3 /* of the hosts, the one without an address */
#define OTHERS	4 /* ... and all the rest */

static uint64_t moved[TICKS][HOSTS];

static void add(sqlite3 *db, unsigned int step, enum fb_rollup_by by, int64_t time, int host,
		uint64_t bytes)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;

	assert_int_equal(fb_sql_prepare(db,
					"INSERT INTO rollup VALUES (?,?,?,?,1,?,?,2,3) "
					"ON CONFLICT DO UPDATE SET flows = flows + 1, "
					"bytes_up = bytes_up + excluded.bytes_up, "
					"bytes_down = bytes_down + excluded.bytes_down",
					&statement),
			 0);
	sqlite3_bind_int64(statement, 1, step);
	sqlite3_bind_int64(statement, 2, by);
	sqlite3_bind_int64(statement, 3, time - time % step);
	if (by == FB_ROLLUP_total || host == UNKNOWN)
		sqlite3_bind_text(statement, 4, "", 0, SQLITE_STATIC);
	else if (host == OTHERS)
		sqlite3_bind_blob(statement, 4, "", 1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(statement, 4, 10 << 24 | host);
	sqlite3_bind_int64(statement, 5, (int64_t)(bytes / 4));
	sqlite3_bind_int64(statement, 6, (int64_t)(bytes - bytes / 4));
	assert_int_equal(fb_sql_step(statement), 0);
}

static sqlite3 *make(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(fb_sql_run(db, "CREATE TABLE IF NOT EXISTS rollup (step INTEGER, "
					"\"by\" INTEGER, time INTEGER, key, flows, bytes_up, "
					"bytes_down, packets_up, packets_down, PRIMARY KEY "
					"(step, \"by\", time, key)) WITHOUT ROWID; BEGIN"),
			 0);
	srand(7);
	for (int i = 0; i < TICKS; i++)
		for (int host = 0; host < HOSTS; host++) {
			const int64_t time = BEGAN + i * 10;

			moved[i][host] = rand() % 3 ? (uint64_t)rand() : 0;
			if (!moved[i][host])
				continue;
			for (int s = 0; s < FB_ROLLUP_STEPS; s++) {
				add(db, fb_rollup_steps[s], FB_ROLLUP_host, time, host,
				    moved[i][host]);
				add(db, fb_rollup_steps[s], FB_ROLLUP_total, time, host,
				    moved[i][host]);
			}
		}
	assert_int_equal(fb_sql_run(db, "COMMIT"), 0);
	return db;
}

/* By brute force; host -1: all. */
static uint64_t sum_of(struct fb_period period, int host)
{
	uint64_t sum = 0;

	for (int i = 0; i < TICKS; i++)
		for (int h = 0; h < HOSTS; h++)
			if ((host < 0 || h == host) && BEGAN + i * 10 >= period.since &&
			    BEGAN + i * 10 < period.until)
				sum += moved[i][h];
	return sum;
}

typedef int (*write_fn)(struct sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json);

static cJSON *answer(sqlite3 *db, write_fn write, const struct fb_rollup_ask *ask)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;
	cJSON *tree;

	fb_json_init(&json, &buf);
	assert_int_equal(write(db, ask, &json), 0);
	fb_buf_addc(&buf, '\0');
	tree = cJSON_Parse(buf.data);
	assert_non_null(tree);
	return tree;
}

static double bytes_in(const cJSON *sums)
{
	const cJSON *bytes = cJSON_GetObjectItem(sums, "bytes");

	return cJSON_GetObjectItem(bytes, "up")->valuedouble +
	       cJSON_GetObjectItem(bytes, "down")->valuedouble;
}

static struct fb_period some_period(void)
{
	const int from = rand() % (TICKS - 1), to = from + 1 + rand() % (TICKS - from);

	return (struct fb_period){BEGAN + from * 10, BEGAN + to * 10};
}

static const cJSON *item_of(const cJSON *top, const char *key)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItem(top, "items"))
	{
		const cJSON *own = cJSON_GetObjectItem(item, "key");

		if (key ? own->valuestring && !strcmp(own->valuestring, key) : cJSON_IsNull(own))
			return item;
	}
	return NULL;
}

static void check_host(const cJSON *top, const char *key, int host, struct fb_period period)
{
	const cJSON *item = item_of(top, key);

	assert_true((item ? bytes_in(item) : 0) == (double)sum_of(period, host));
}

static void test_any_period_adds_up(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	for (int i = 0; i < 300; i++) {
		const struct fb_rollup_ask ask = {
			.by = FB_ROLLUP_host, .of = some_period(), .limit = FB_ROLLUP_LIMIT};
		cJSON *top = answer(db, fb_rollup_write_top, &ask);

		assert_true(bytes_in(cJSON_GetObjectItem(top, "total")) ==
			    (double)sum_of(ask.of, -1));
		check_host(top, "10.0.0.0", 0, ask.of);
		check_host(top, "10.0.0.2", 2, ask.of);
		check_host(top, NULL, UNKNOWN, ask.of);
		assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(top, "items")) <= 4);
		cJSON_Delete(top);
	}
}

static void test_a_period_is_compared_with_another(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_period now = {ENDED - 3600, ENDED}, then = {ENDED - 7200, ENDED - 3600};
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_host,
					  .of = now,
					  .before = then,
					  .sort = FB_ROLLUP_BY_CHANGE,
					  .limit = 3};
	cJSON *top = answer(db, fb_rollup_write_top, &ask);
	const cJSON *item;
	double last = INFINITY;

	(void)state;
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(top, "items")), 3);
	assert_true(bytes_in(cJSON_GetObjectItem(cJSON_GetObjectItem(top, "total"), "before")) ==
		    (double)sum_of(then, -1));
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(top, "items"))
	{
		const double change =
			fabs(bytes_in(item) - bytes_in(cJSON_GetObjectItem(item, "before")));

		assert_true(change <= last);
		last = change;
	}
	cJSON_Delete(top);
}

/* Of a time that was not watched there is nothing to compare with, which is not nothing. */
static void test_what_was_not_there_before(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_host,
					  .of = {BEGAN, BEGAN + 600},
					  .before = {BEGAN - 600, BEGAN},
					  .limit = 9};
	cJSON *top = answer(db, fb_rollup_write_top, &ask);

	(void)state;
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(top, "total"), "before")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(item_of(top, "10.0.0.1"), "before")));
	cJSON_Delete(top);
}

static void test_lines_add_up_to_all(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	for (int i = 0; i < 40; i++) {
		const struct fb_rollup_ask ask = {
			.by = FB_ROLLUP_host, .of = some_period(), .limit = 1 + (unsigned)i % 5};
		cJSON *series = answer(db, fb_rollup_write_series, &ask);
		const double step = cJSON_GetObjectItem(series, "step_s")->valuedouble;
		const cJSON *line, *value;
		double bits = 0;
		int n = 0, whole = 0;

		cJSON_ArrayForEach(line, cJSON_GetObjectItem(series, "series"))
		{
			n = cJSON_GetArraySize(cJSON_GetObjectItem(line, "values"));
			cJSON_ArrayForEach(value, cJSON_GetObjectItem(line, "values")) bits +=
				cJSON_IsNull(value) ? 0 : value->valuedouble;
		}
		whole = (ask.of.until - ask.of.since) % (int)step == 0 &&
			ask.of.since % (int)step == 0;
		assert_in_range(n, 1, 721);
		if (whole)
			assert_true(fabs(bits * step / 8 - (double)sum_of(ask.of, -1)) <
				    step * n * 12);
		cJSON_Delete(series);
	}
}

/* A history that is younger than what is asked for has points as fine as there are. */
static void test_lines_of_a_young_history_are_fine(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_total, .of = {BEGAN - 900, BEGAN + 900}};
	cJSON *series = answer(db, fb_rollup_write_series, &ask);
	const cJSON *up = cJSON_GetArrayItem(cJSON_GetObjectItem(series, "series"), 0);

	(void)state;
	assert_true(cJSON_GetObjectItem(series, "step_s")->valuedouble == 10);
	up = cJSON_GetArrayItem(cJSON_GetObjectItem(up, "values"), 0);
	for (int i = 0; i < 90; i++, up = up->next)
		assert_true(cJSON_IsNull(up));
	cJSON_Delete(series);
}

/* Nobody makes the daemon hold points of thousands of years. */
static void test_points_are_few_whatever_is_asked(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_total, .of = {86400, 253402300800}};
	cJSON *series = answer(db, fb_rollup_write_series, &ask);
	const cJSON *up = cJSON_GetArrayItem(cJSON_GetObjectItem(series, "series"), 0);

	(void)state;
	assert_in_range(cJSON_GetArraySize(cJSON_GetObjectItem(up, "values")), 360, 721);
	cJSON_Delete(series);
}

static void test_one_key_alone(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_host,
					  .key = "10.0.0.1",
					  .of = {BEGAN + 1000, BEGAN + 20000},
					  .limit = 9};
	cJSON *top = answer(db, fb_rollup_write_top, &ask);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(top, "items")), 1);
	check_host(top, "10.0.0.1", 1, ask.of);
	cJSON_Delete(top);
}

/* Each hour of which something is known has a rate; no other has. */
static void test_hours_of_the_week(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const struct fb_rollup_ask ask = {.by = FB_ROLLUP_total,
					  .of = {BEGAN - 3600, ENDED + 3600}};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	const cJSON *day, *hour;
	struct fb_json json;
	double bytes = 0;
	int known = 0;
	cJSON *heat;

	(void)state;
	fb_json_init(&json, &buf);
	assert_int_equal(fb_rollup_write_heat(db, &ask, 19800, &json), 0);
	fb_buf_addc(&buf, '\0');
	heat = cJSON_Parse(buf.data);
	cJSON_ArrayForEach(day, cJSON_GetObjectItem(heat, "rate_bps")) cJSON_ArrayForEach(hour, day)
	{
		bytes += cJSON_IsNull(hour) ? 0 : hour->valuedouble * 3600 / 8;
		known += !cJSON_IsNull(hour);
	}
	assert_in_range(known, 9, 10);
	assert_true(fabs(bytes - (double)sum_of(ask.of, -1)) < 3600 * 10);
	/* 2023-11-14 22:13:20 UTC is half past three in the morning, on Wednesday, in India */
	assert_false(cJSON_IsNull(cJSON_GetArrayItem(
		cJSON_GetArrayItem(cJSON_GetObjectItem(heat, "rate_bps"), 2), 3)));
	cJSON_Delete(heat);
}

/* What finer buckets no longer have is read from coarser ones, to their edges. */
static void test_edges_that_are_kept_no_more(void **state)
{
	const struct fb_rollup_kept kept[FB_ROLLUP_STEPS] = {
		{36000 * 10, 36000 * 10 + 5000}, {36000 * 5, 36000 * 10 + 4980}, {0, 36000 * 10}};
	struct fb_rollup_stretch list[FB_ROLLUP_STRETCHES];
	unsigned int n;

	(void)state;
	n = fb_rollup_span(kept, 3600, 5000, 36000 * 10 + 5000, list);
	assert_int_equal(n, 3);
	assert_true(list[0].step == 3600 && list[0].from == 3600 && list[0].to == 36000 * 10);
	assert_true(list[1].step == 60 && list[1].to == 36000 * 10 + 4980);
	assert_true(list[2].step == 10 && list[2].to == 36000 * 10 + 5000);
	assert_int_equal(fb_rollup_span(kept, 3600, 100, 100, list), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_period_adds_up),
		cmocka_unit_test(test_a_period_is_compared_with_another),
		cmocka_unit_test(test_what_was_not_there_before),
		cmocka_unit_test(test_lines_add_up_to_all),
		cmocka_unit_test(test_lines_of_a_young_history_are_fine),
		cmocka_unit_test(test_points_are_few_whatever_is_asked),
		cmocka_unit_test(test_one_key_alone),
		cmocka_unit_test(test_hours_of_the_week),
		cmocka_unit_test(test_edges_that_are_kept_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
