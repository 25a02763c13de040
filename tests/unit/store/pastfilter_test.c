/* SPDX-License-Identifier: BSD-2-Clause */
// link: store filter flow format util
/*
 * History says of a flow what the live table says of it: random flows as rows, each field read
 * back, and random filters that select the same flows by SQL as they do by fb_filter_match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/fieldcolumns.h"
#include "store/sqldb.h"
#include "store/sqlcells.h"
#include "store/sqlfuncs.h"
#include "unit/pastworld.h"

/* --- as rows --------------------------------------------------------------------------------- */

static void bind_list(sqlite3_stmt *insert, int column, const struct fb_field *field,
		      const struct fb_flow_at *at)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_value item;

	for (unsigned int i = 0; fb_field_item(field, at, i, &item), item.known; i++)
		fb_buf_addf(&text, "\x1f%s", item.text);
	fb_buf_adds(&text, text.len ? "\x1f" : "");
	if (text.len)
		sqlite3_bind_text(insert, column, text.data, (int)text.len, SQLITE_TRANSIENT);
}

static void bind_field(sqlite3_stmt *insert, int number, const struct fb_column *column,
		       const struct fb_flow_at *at)
{
	struct fb_value value;

	if (column->coding == FB_CODED_LIST) {
		bind_list(insert, number, column->field, at);
		return;
	}
	fb_field_get(column->field, at, &value);
	if (!value.known)
		return;
	if (column->coding == FB_CODED_TEXT)
		sqlite3_bind_text(insert, number, value.text, -1, SQLITE_TRANSIENT);
	else if (column->coding == FB_CODED_IP && value.family == FB_IPV6)
		sqlite3_bind_blob(insert, number, value.addr, 16, SQLITE_TRANSIENT);
	else if (column->coding == FB_CODED_IP)
		sqlite3_bind_int64(insert, number,
				   (int64_t)((uint64_t)value.addr[12] << 24 | value.addr[13] << 16 |
					     value.addr[14] << 8 | value.addr[15]));
	else
		sqlite3_bind_int64(insert, number, (int64_t)value.num);
}

static void create(sqlite3 *db, sqlite3_stmt **ret_insert)
{
	_cleanup_buf_ struct fb_buf table = FB_BUF_INIT, insert = FB_BUF_INIT;
	struct fb_column column;

	fb_buf_adds(&table, "CREATE TABLE flows (w INTEGER PRIMARY KEY");
	fb_buf_adds(&insert, "INSERT INTO flows VALUES (?");
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column)) {
			fb_buf_addf(&table, ",\"%s\"", column.name);
			fb_buf_adds(&insert, ",?");
		}
	fb_buf_add(&table, ")", 2);
	fb_buf_add(&insert, ")", 2);
	assert_int_equal(fb_sql_run(db, table.data), 0);
	assert_int_equal(fb_sql_prepare(db, insert.data, ret_insert), 0);
}

static sqlite3 *make(void)
{
	_cleanup_statement_ sqlite3_stmt *insert = NULL;
	struct fb_column column;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(fb_sqlfuncs_add(db), 0);
	create(db, &insert);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at at = at_of(i);
		int n = 1;

		sqlite3_clear_bindings(insert);
		sqlite3_bind_int64(insert, n++, i);
		for (int id = 0; id < FB_FIELD_COUNT; id++)
			if (fb_column_of((enum fb_field_id)id, &column))
				bind_field(insert, n++, &column, &at);
		assert_int_equal(fb_sql_step(insert), 0);
	}
	return db;
}

/* --- fields ---------------------------------------------------------------------------------- */

static void test_fields(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	struct fb_past_columns columns = {.n = 0};
	struct fb_past_row *row = malloc(fb_past_row_size(FB_FIELD_COUNT));
	struct fb_column column;

	(void)state;
	row->columns = &columns;
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column))
			columns.slot[id] = (uint8_t)++columns.n;
	assert_int_equal(fb_sql_prepare(db, "SELECT * FROM flows", &select), 0);
	for (unsigned int i = 0; fb_sql_step(select) == 1; i++) {
		const struct fb_flow_at live = at_of(i);
		struct fb_flow flow;
		struct fb_traffic moved;
		struct fb_flow_at past = {&snapshot, &flow, &moved, row};

		for (unsigned int k = 0; k < columns.n; k++)
			fb_sqlcells_read(select, (int)k + 1, &row->cell[k]);
		fb_past_fill(row, !flows[i].closed, &flow, &moved);
		assert_int_equal(flow.id, flows[i].id);
		assert_int_equal(flow.proto, flows[i].proto);
		assert_memory_equal(flow.src, flows[i].src, 16);
		assert_int_equal(moved.bytes[FB_DOWN], traffic[i].bytes[FB_DOWN]);
		for (unsigned int id = 0; id < FB_FIELD_COUNT; id++)
			compare(&fb_fields[id], &live, &past, "past");
	}
	free(row);
}

/* --- filters --------------------------------------------------------------------------------- */

static void prepare(sqlite3 *db, const struct fb_filter *filter, sqlite3_stmt **ret_statement)
{
	_cleanup_where_ struct fb_where where = FB_WHERE_INIT;
	struct fb_filter_error error;

	fb_buf_adds(&where.text, "SELECT w FROM flows WHERE ");
	assert_int_equal(fb_filter_sql(filter, &fb_where_sqlite, snapshot.wall_ms, &where, &error),
			 0);
	fb_buf_add(&where.text, " ORDER BY w", 12);
	if (fb_sql_prepare(db, where.text.data, ret_statement) < 0)
		fail_msg("%s: %s", where.text.data, sqlite3_errmsg(db));
	for (unsigned int i = 0; i < where.n; i++)
		fb_sqlfuncs_bind(*ret_statement, (int)i + 1, &where.param[i]);
}

static unsigned int check(sqlite3 *db, const char *text)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	struct fb_filter_error error;
	unsigned int n = 0;

	if (is_random_duration(text))
		return 0;
	assert_int_equal(fb_filter_compile(text, &filter, &error), 0);
	prepare(db, filter, &select);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at at = at_of(i);

		if (!fb_filter_match(filter, &at))
			continue;
		n++;
		if (fb_sql_step(select) != 1)
			fail_msg("%s: flow %u is missing", text, i);
		if (sqlite3_column_int64(select, 0) != i)
			fail_msg("%s: flow %d, not %u", text, sqlite3_column_int(select, 0), i);
	}
	if (fb_sql_step(select) != 0)
		fail_msg("%s: flow %d is too many", text, sqlite3_column_int(select, 0));
	return n;
}

static void test_filters(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	unsigned int some = 0;

	(void)state;
	for (unsigned int i = 0; i < FILTERS; i++) {
		struct text text = {.len = 0};
		unsigned int n;

		add_expression(&text, 2);
		n = check(db, text.at);
		some += n && n < FLOWS;
	}
	assert_in_range(some, FILTERS / 3, FILTERS); /* that tell flows apart */
}

static void test_hostile_texts(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();

	(void)state;
	for (size_t i = 0; i < N(hostile); i++)
		check(db, hostile[i]);
}

static void test_duration_is_what_passed_between_the_times(void **state)
{
	_cleanup_sqldb_ sqlite3 *db = make();
	_cleanup_filter_ struct fb_filter *filter = NULL;
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	struct fb_filter_error error;
	unsigned int n = 0, expected = 0;

	(void)state;
	assert_int_equal(fb_filter_compile("duration >= 50s", &filter, &error), 0);
	prepare(db, filter, &select);
	while (fb_sql_step(select) == 1)
		n++;
	for (unsigned int i = 0; i < FLOWS; i++)
		expected += traffic[i].last_seen - flows[i].first_seen >= 50000000000;
	assert_in_range(expected, 1, FLOWS);
	assert_int_equal(n, expected);
}

static void test_what_is_of_the_moment_is_refused(void **state)
{
	static const char *const texts[] = {"rate > 1Mbit", "pps.up = 3", "idle < 5s",
					    "port = 1 or not (timeout > 7)"};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL;
		_cleanup_where_ struct fb_where where = FB_WHERE_INIT;
		struct fb_filter_error error;

		assert_int_equal(fb_filter_compile(texts[i], &filter, &error), 0);
		assert_int_equal(fb_filter_sql(filter, &fb_where_sqlite, 0, &where, &error), -22);
		assert_non_null(strstr(error.detail, "history does not keep it"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_duration_is_what_passed_between_the_times),
		cmocka_unit_test(test_what_is_of_the_moment_is_refused),
	};

	return cmocka_run_group_tests_name("pastfilter", tests, setup, teardown);
}
