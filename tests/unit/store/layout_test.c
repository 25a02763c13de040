/* SPDX-License-Identifier: BSD-2-Clause */
// link: store flow util
/* The history's tables are what the table of fields says, today and in a file of yesterday. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/layout.h"
#include "store/rollups.h"

static int64_t number(sqlite3 *db, const char *sql)
{
	int64_t n;

	assert_int_equal(fb_sql_number(db, sql, -1, &n), 0);
	return n;
}

static void run(sqlite3 *db, const char *sql)
{
	if (fb_sql_run(db, sql) < 0)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3 *make(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(fb_layout_prepare(db), 0);
	assert_int_equal(fb_layout_make(db), 0);
	return db;
}

static void test_every_kept_field_is_a_column_of_the_view(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct fb_column column;
	int n = 0;

	(void)state;
	assert_int_equal(fb_sql_prepare(db, "SELECT * FROM flows", &statement), 0);
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column))
			assert_string_equal(sqlite3_column_name(statement, 6 + n++), column.name);
	assert_int_equal(sqlite3_column_count(statement), 6 + n);
	assert_true(n > 80);
	assert_false(fb_column_of(FB_FIELD_bytes, &column));
	assert_false(fb_column_of(FB_FIELD_rate, &column));
	assert_false(fb_column_of(FB_FIELD_nat_src, &column));
	assert_true(fb_column_of(FB_FIELD_sni, &column));
	assert_string_equal(fb_star_name(column.star), "server");
}

/* As SQLite explains it: no table is opened of which nothing is asked; sums take it from a
 * question with a limit, which is not made one with theirs. */
static void test_a_join_that_nothing_needs_is_left_out(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int opened = 0;

	(void)state;
	assert_int_equal(
		fb_sql_prepare(db,
			       "EXPLAIN SELECT sum(b), h FROM (SELECT d_bytes_up AS b, dst_host "
			       "AS h FROM flows LIMIT -1)",
			       &statement),
		0);
	while (fb_sql_step(statement) == 1)
		opened += !strcmp((const char *)sqlite3_column_text(statement, 1), "OpenRead");
	assert_int_equal(opened, 2);
}

static void test_a_new_field_comes_into_an_old_file(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	run(db, "DROP VIEW flows; ALTER TABLE server DROP COLUMN sni;"
		"ALTER TABLE flow DROP COLUMN rtt; ALTER TABLE flow DROP COLUMN closed_at_ago;"
		"INSERT INTO server (n, dst_host) VALUES (7, 'a.example');"
		"INSERT INTO flow (w, part, server, bytes_up, first_seen_ago)"
		" VALUES (5 << 20, 0, 7, 11, 2)");
	assert_int_equal(fb_layout_make(db), 0);
	assert_int_equal(number(db,
				"SELECT count(*) FROM flows WHERE dst_host = 'a.example' AND sni IS"
				" NULL AND rtt IS NULL AND closed_at IS NULL AND first_seen = 3"
				" AND d_bytes_up = 11"),
			 1);
}

/* Tables of the layouts behind the first one go, and come back; what was kept stays. */
static void test_each_older_layout_becomes_todays(void **state)
{
	static const char *const behind_first = "DROP TABLE rollup; DROP TABLE window;"
						"DROP TABLE event; DROP TABLE audit;"
						"DROP TABLE run; DROP TABLE kept;";
	static const char flow[] = "INSERT INTO flow (w, part, bytes_up) VALUES (5 << 20, 0, 11)";
	_cleanup_sqldb_ sqlite3 *today = make();
	const int64_t version = number(today, "PRAGMA user_version");
	const int64_t things = number(today, "SELECT count(*) FROM sqlite_schema");

	(void)state;
	assert_true(version >= 5);
	for (int64_t old = 1; old < version; old++) {
		_cleanup_sqldb_ sqlite3 *db = make();
		char sql[64];

		run(db, flow);
		run(db, "ALTER TABLE window DROP COLUMN judged");
		if (old < 4)
			run(db, "DROP TABLE pages");
		if (old < 3)
			run(db, "DROP TABLE zone");
		if (old == 1)
			run(db, behind_first);
		snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)old);
		run(db, sql);
		assert_int_equal(fb_layout_make(db), 0);
		assert_int_equal(number(db, "PRAGMA user_version"), version);
		assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema"), things);
		assert_int_equal(number(db, "SELECT sum(d_bytes_up) FROM flows"), 11);
	}
}

static void test_nothing_is_written_where_nothing_is_new(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	const int64_t version = number(db, "PRAGMA schema_version");

	(void)state;
	assert_int_equal(fb_layout_make(db), 0);
	assert_int_equal(number(db, "PRAGMA schema_version"), version);
}

static void test_a_later_layout_is_refused(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	run(db, "PRAGMA user_version = 1000");
	assert_int_equal(fb_layout_make(db), -EPROTONOSUPPORT);
}

static void test_a_row_takes_as_many_values_as_it_has_columns(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	for (int star = 0; star < FB_STAR_COUNT; star++) {
		_cleanup_statement_ sqlite3_stmt *insert = NULL;
		char sql[80];

		assert_int_equal(fb_layout_prepare_insert(db, (enum fb_star)star, &insert), 0);
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM pragma_table_info('%s')",
			 fb_star_name((enum fb_star)star));
		assert_int_equal(sqlite3_bind_parameter_count(insert), number(db, sql));
	}
}

static void test_rollups_are_by_fields_that_are_kept(void **state)
{
	struct fb_column column;

	(void)state;
	for (int by = 1; by < FB_ROLLUP_BYS_COUNT; by++)
		assert_true(fb_column_of(fb_rollup_bys[by].field, &column));
	assert_int_equal(fb_rollup_steps[FB_ROLLUP_STEPS - 1], 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kept_field_is_a_column_of_the_view),
		cmocka_unit_test(test_a_join_that_nothing_needs_is_left_out),
		cmocka_unit_test(test_a_new_field_comes_into_an_old_file),
		cmocka_unit_test(test_each_older_layout_becomes_todays),
		cmocka_unit_test(test_nothing_is_written_where_nothing_is_new),
		cmocka_unit_test(test_a_later_layout_is_refused),
		cmocka_unit_test(test_a_row_takes_as_many_values_as_it_has_columns),
		cmocka_unit_test(test_rollups_are_by_fields_that_are_kept),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
