/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past filter flow format util
/* Percentiles, sums and the order of a period's connections are those of its rows, counted by hand.
 */
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

#include "store/layout.h"
#include "store/pastquality.h"
#include "store/sqldb.h"
#include "store/sqlfuncs.h"

#define BEGAN 1700000000ll
#define ROWS  3000
#define ORGS  3 /* the last of which is not known */

struct row {
	int64_t time; /* s */
	int org;
	int64_t up, down; /* us; 0: not measured */
	bool part;
};

static struct row rows[ROWS];

static void insert(sqlite3 *db, const struct row *row, int i)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;

	assert_int_equal(fb_sql_prepare(db,
					"INSERT INTO flows VALUES (?1,?2,100,200,8,2,1,NULL,"
					"nullif(?3,0),nullif(?4,0),?3/10,?5,?6,'tcp')",
					&statement),
			 0);
	sqlite3_bind_int64(statement, 1, ((row->time * 1000) << FB_LAYOUT_W_SHIFT) + i);
	sqlite3_bind_int(statement, 2, row->part);
	sqlite3_bind_int64(statement, 3, row->up);
	sqlite3_bind_int64(statement, 4, row->down);
	if (row->org < ORGS - 1)
		sqlite3_bind_text(statement, 5, row->org ? "Slow" : "Fast", -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, (10 << 24) + row->org);
	assert_int_equal(fb_sql_step(statement), 0);
}

static sqlite3 *make(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(fb_sqlfuncs_add(db), 0);
	assert_int_equal(fb_sql_run(db, "CREATE TABLE flows (w INTEGER PRIMARY KEY, part, bytes_up,"
					"bytes_down, packets_up, packets_down, retrans_up,"
					"retrans_down, latency_up, latency_down, jitter, dst_org,"
					"src_ip, proto); BEGIN"),
			 0);
	srand(11);
	for (int i = 0; i < ROWS; i++) {
		rows[i] = (struct row){.time = BEGAN + i, .org = rand() % ORGS, .part = !(i % 7)};
		if (rand() % 5) {
			rows[i].up = 1 + rand() % 20000 * (1 + 9 * rows[i].org);
			rows[i].down = 1 + rand() % 2000;
		}
		insert(db, &rows[i], i);
	}
	assert_int_equal(fb_sql_run(db, "COMMIT"), 0);
	return db;
}

static int compare(const void *a_, const void *b_)
{
	const double a = *(const double *)a_, b = *(const double *)b_;

	return (a > b) - (a < b);
}

/* In ms, by nearest rank; org -1: of all, both ways. */
static double percentile_of(struct fb_period of, int org, unsigned int percent, unsigned int *ret_n)
{
	static double list[ROWS];
	unsigned int n = 0;

	for (int i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];

		if (row->part || !row->up || row->time < of.since || row->time >= of.until ||
		    (org >= 0 && row->org != org))
			continue;
		list[n++] = (double)(org < 0 ? row->up + row->down : row->up) / 1000;
	}
	*ret_n = n;
	qsort(list, n, sizeof(*list), compare);
	return n ? list[(n * percent + 99) / 100 - 1] : 0;
}

static cJSON *ask(sqlite3 *db, enum fb_rollup_by by, struct fb_period of, unsigned int limit)
{
	const struct fb_rollup_ask question = {.by = by, .of = of, .limit = limit};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;
	cJSON *tree;

	fb_json_init(&json, &buf);
	assert_int_equal(fb_past_write_quality(db, &question, &json), 0);
	fb_buf_addc(&buf, '\0');
	tree = cJSON_Parse(buf.data);
	assert_non_null(tree);
	return tree;
}

static void check_item(const cJSON *item, struct fb_period of, int org)
{
	static const struct {
		const char *name;
		unsigned int percent;
	} points[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}};
	const cJSON *latency = cJSON_GetObjectItem(item, "latency_ms");
	unsigned int n;

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		const double right = percentile_of(of, org, points[i].percent, &n);
		const double told = cJSON_GetObjectItem(latency, points[i].name)->valuedouble;

		assert_true(fabs(told - right) <= right * 0.017 + 0.002);
	}
	assert_int_equal(cJSON_GetObjectItem(item, "measured")->valueint, n);
	assert_int_equal(cJSON_GetObjectItem(item, "bytes")->valueint, 300 * n);
	assert_true(fabs(cJSON_GetObjectItem(item, "loss")->valuedouble - 0.1) < 1e-9);
}

static void test_counted(void **state)
{
	sqlite3 *db = make();

	(void)state;
	for (int i = 0; i < 20; i++) {
		const int64_t since = BEGAN + rand() % (ROWS / 2);
		const struct fb_period of = {since, since + 200 + rand() % ROWS};
		cJSON *answer = ask(db, FB_ROLLUP_network, of, 10);
		const cJSON *items = cJSON_GetObjectItem(answer, "items");

		assert_int_equal(cJSON_GetArraySize(items), ORGS - 1);
		assert_string_equal(
			cJSON_GetObjectItem(cJSON_GetArrayItem(items, 0), "key")->valuestring,
			"Slow");
		check_item(cJSON_GetArrayItem(items, 0), of, 1);
		check_item(cJSON_GetArrayItem(items, 1), of, 0);
		check_item(cJSON_GetObjectItem(answer, "total"), of, -1);
		cJSON_Delete(answer);
	}
	sqlite3_close(db);
}

/* Addresses and words are written as everywhere; so many are listed as are asked for. */
static void test_keys(void **state)
{
	const struct fb_period of = {BEGAN, BEGAN + ROWS};
	sqlite3 *db = make();
	cJSON *answer = ask(db, FB_ROLLUP_host, of, 1);
	const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(answer, "items"), 0);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(answer, "items")), 1);
	assert_memory_equal(cJSON_GetObjectItem(item, "key")->valuestring, "10.0.0.", 7);
	cJSON_Delete(answer);
	answer = ask(db, FB_ROLLUP_protocol, of, 5);
	item = cJSON_GetArrayItem(cJSON_GetObjectItem(answer, "items"), 0);
	assert_string_equal(cJSON_GetObjectItem(item, "key")->valuestring, "tcp");
	cJSON_Delete(answer);
	sqlite3_close(db);
}

static void test_none(void **state)
{
	const struct fb_period of = {BEGAN - 100, BEGAN};
	sqlite3 *db = make();
	cJSON *answer = ask(db, FB_ROLLUP_network, of, 5);

	(void)state;
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(answer, "total")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(answer, "items")), 0);
	cJSON_Delete(answer);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
