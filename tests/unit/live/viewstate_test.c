// link: live util
/* SPDX-License-Identifier: BSD-2-Clause */
/* What a view's tick says of what changed, row by row and cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "live/viewstate.h"

#define COLUMNS 2

static struct fb_view_state *state;

static int setup(void **unused)
{
	(void)unused;
	return fb_view_state_new(&state);
}

static int teardown(void **unused)
{
	(void)unused;
	fb_view_state_free(state);
	return 0;
}

/* A tick from "id=cell,cell;id=cell,cell". */
static void tick(const char *rows)
{
	char text[256], *save = NULL;

	snprintf(text, sizeof(text), "%s", rows);
	assert_int_equal(fb_view_state_turn(state, 8, COLUMNS), 0);
	for (char *row = strtok_r(text, ";", &save); row; row = strtok_r(NULL, ";", &save)) {
		char *first = strchr(row, '=') + 1, *second = strchr(first, ',') + 1;
		struct fb_view_rows *now = &state->now;
		size_t from = now->text.len;

		fb_buf_add(&now->text, row, (size_t)(first - row) - 1);
		fb_view_rows_add(now, from, (uint64_t)row[0]);
		from = now->text.len;
		fb_buf_add(&now->text, first, (size_t)(second - first) - 1);
		fb_view_rows_cell(now, 0, from);
		from = now->text.len;
		fb_buf_adds(&now->text, second);
		fb_view_rows_cell(now, 1, from);
	}
}

static void expect(bool ids, const char *want)
{
	struct fb_buf out = FB_BUF_INIT;
	char *got;

	fb_view_state_write_changes(state, ids, &out);
	got = fb_buf_take(&out, NULL);
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void expect_all(const char *want)
{
	struct fb_buf out = FB_BUF_INIT;
	char *got;

	fb_view_state_write_all(state, &out);
	got = fb_buf_take(&out, NULL);
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void writes_all(void **unused)
{
	(void)unused;
	tick("");
	expect_all(",\"ids\":[],\"new\":{}");
	tick("a=1,\"x\";b=2,null");
	expect_all(",\"ids\":[\"a\",\"b\"],\"new\":{\"a\":[1,\"x\"],\"b\":[2,null]}");
}

static void writes_only_what_changed(void **unused)
{
	(void)unused;
	tick("a=1,2;b=3,4;c=5,6");
	tick("a=1,2;b=3,4;c=5,6");
	expect(true, "");
	tick("a=1,9;b=3,4;c=7,8");
	expect(true, ",\"set\":[[0,1,9],[2,0,7],[2,1,8]]");
}

static void follows_order(void **unused)
{
	(void)unused;
	tick("a=1,2;b=3,4;c=5,6");
	tick("b=3,4;a=1,9;c=5,6");
	expect(true, ",\"ids\":[\"b\",\"a\",\"c\"],\"set\":[[1,1,9]]");
	tick("b=3,4;c=5,6");
	expect(true, ",\"ids\":[\"b\",\"c\"]");
	tick("d=0,0;b=3,4;c=5,7");
	expect(true, ",\"ids\":[\"d\",\"b\",\"c\"],\"new\":{\"d\":[0,0]},\"set\":[[2,1,7]]");
	tick("");
	expect(true, ",\"ids\":[]");
	tick("a=1,2");
	expect(true, ",\"ids\":[\"a\"],\"new\":{\"a\":[1,2]}");
}

static void keeps_ids_to_itself_while_held(void **unused)
{
	(void)unused;
	tick("a=1,2;b=3,4");
	tick("a=1,3;b=3,4");
	expect(false, ",\"set\":[[0,1,3]]");
}

/* Two groups whose number is the same are told apart by their text. */
static void tells_rows_apart_by_text(void **unused)
{
	(void)unused;
	tick("a1=1,2;a2=3,4");
	tick("a2=3,4;a1=1,2");
	expect(true, ",\"ids\":[\"a2\",\"a1\"]");
}

static void turns_back(void **unused)
{
	(void)unused;
	tick("a=1,2");
	tick("a=5,6");
	fb_view_state_turn_back(state);
	tick("a=1,7");
	expect(true, ",\"set\":[[0,1,7]]");
}

static void takes_other_columns(void **unused)
{
	(void)unused;
	tick("a=1,2");
	assert_int_equal(fb_view_state_turn(state, 300, 20), 0);
	assert_int_equal(state->now.columns, 20);
	assert_int_equal(state->now.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_all, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_only_what_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_order, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_ids_to_itself_while_held, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_rows_apart_by_text, setup, teardown),
		cmocka_unit_test_setup_teardown(turns_back, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_other_columns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
