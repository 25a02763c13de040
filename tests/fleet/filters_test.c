/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet fetch sink past store filter format flow proto util
/*
 * The filters that unit/store/pastfilter_test holds SQLite to, at a ClickHouse server: filters_test
 * URL LOGIN, whose tables "flowbpf fleet init" made. Random flows as rows of a sensor's, and each
 * filter of the set selects the same flows there as fb_filter_match does here; and each field is
 * read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "fleet/fleetask.h"
#include "fleet/fleetrow.h"
#include "unit/pastworld.h"

#define RANDOM_FILTERS 150

static struct fb_clickhouse *clickhouse;

/* --- as rows ---------------------------------------------------------------------------------- */

static void gzip(const struct fb_buf *from, struct fb_buf *to)
{
	z_stream z = {.next_in = (Bytef *)from->data, .avail_in = (uInt)from->len};

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.avail_out = (uInt)deflateBound(&z, from->len);
	z.next_out = (Bytef *)fb_buf_reserve(to, z.avail_out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	to->len = z.total_out;
	deflateEnd(&z);
}

static void write_columns(struct fb_buf *into)
{
	struct fb_fleet_column column;

	fb_buf_adds(into, "flows_local (");
	for (unsigned int i = 0; fb_fleet_column(FB_FLEET_TABLE_FLOWS, i, &column); i++)
		fb_buf_addf(into, "%s%s", i ? "," : "", column.name);
	fb_buf_add(into, ")", 2);
}

/* Every third flow is told in two parts, of which the first does not know all. */
static void write_flow(struct fb_buf *rows, unsigned int i)
{
	struct fb_fleet_head head = {.time = (uint64_t)snapshot.wall_ms - FLOWS + i};
	struct fb_flow early = flows[i];
	struct fb_flow_at at = at_of(i);
	struct fb_told_part part;

	for (int dir = 0; dir < 2; dir++) {
		part.bytes[dir] = traffic[i].bytes[dir];
		part.packets[dir] = traffic[i].packets[dir];
	}
	if (i % 3 == 0) {
		const struct fb_told_part first = {.bytes = {part.bytes[0] / 2, 0}};

		early.tls = NULL;
		early.state = FB_STATE_NONE;
		early.closed = 0;
		at.flow = &early;
		fb_fleet_write_flow(rows, &head, &at, &first, false);
		part.bytes[0] -= first.bytes[0];
		at.flow = &flows[i];
		head.time++;
	}
	fb_fleet_write_flow(rows, &head, &at, &part, flows[i].closed);
}

static int fill(void **state)
{
	_cleanup_buf_ struct fb_buf rows = FB_BUF_INIT, data = FB_BUF_INIT, into = FB_BUF_INIT;
	struct fb_clickhouse_insert insert = {.id = 1};
	struct fb_why why = {""};

	setup(state);
	write_columns(&into);
	for (unsigned int i = 0; i < FLOWS; i++)
		write_flow(&rows, i);
	gzip(&rows, &data);
	insert.into = into.data;
	insert.data = data.data;
	insert.len = data.len;
	if (fb_clickhouse_insert(clickhouse, &insert, &why) != FB_OUTLET_TAKEN) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

/* --- questions -------------------------------------------------------------------------------- */

static void ask(const char *text, struct fb_past_ask *question, struct fb_past_answer *answer)
{
	struct fb_past_progress progress = {.rows = 0};
	struct fb_filter_error error;
	struct fb_filter *filter = NULL;
	int r;

	assert_int_equal(fb_filter_compile(text, &filter, &error), 0);
	question->filter = filter;
	question->scope = FB_SCOPE_COUNT;
	question->now_ms = snapshot.wall_ms;
	question->budget_ms = 60000;
	r = fb_fleetask_run(clickhouse, question, &progress, answer, &error);
	fb_filter_free(filter);
	if (r < 0)
		fail_msg("%s: %s (%d)", text, error.detail, r);
}

static bool find(const struct fb_snapshot *answer, uint64_t id, struct fb_flow_at *ret_at)
{
	for (uint32_t i = 0; i < answer->n; i++)
		if (fb_snapshot_at(answer, i, ret_at) && ret_at->flow->id == id)
			return true;
	return false;
}

/* How many flows it selects. */
static unsigned int check(const char *text)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_past_ask question = {.what = FB_PAST_NEXT, .limit = FLOWS};
	struct fb_past_answer answer;
	struct fb_filter_error error;
	unsigned int n = 0;

	if (is_random_duration(text))
		return 0;
	assert_int_equal(fb_filter_compile(text, &filter, &error), 0);
	ask(text, &question, &answer);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at at = at_of(i);
		struct fb_flow_at past;

		if (!fb_filter_match(filter, &at))
			continue;
		n++;
		if (!find(answer.snapshot, flows[i].id, &past))
			fail_msg("%s: flow %u is missing", text, i);
	}
	if (answer.snapshot->n != n)
		fail_msg("%s: %u flows, not %u", text, answer.snapshot->n, n);
	fb_snapshot_put(answer.snapshot);
	return n;
}

static void test_random_filters(void **state)
{
	unsigned int some = 0;

	(void)state;
	for (unsigned int i = 0; i < RANDOM_FILTERS; i++) {
		struct text text = {.len = 0};
		unsigned int n;

		add_expression(&text, 2);
		n = check(text.at);
		some += n && n < FLOWS;
	}
	assert_in_range(some, RANDOM_FILTERS / 3, RANDOM_FILTERS);
}

static void test_hostile_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(hostile); i++)
		check(hostile[i]);
	assert_int_equal(check(""), FLOWS);
}

/* --- fields ----------------------------------------------------------------------------------- */

static void test_fields(void **state)
{
	struct fb_past_ask question = {.what = FB_PAST_NEXT, .limit = FLOWS};
	struct fb_past_answer answer;

	(void)state;
	memset(question.want, true, sizeof(question.want));
	ask("", &question, &answer);
	assert_int_equal(answer.snapshot->n, FLOWS);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at live = at_of(i);
		struct fb_flow_at past;

		assert_true(find(answer.snapshot, flows[i].id, &past));
		for (unsigned int id = 0; id < FB_FIELD_COUNT; id++)
			compare(&fb_fields[id], &live, &past, "fleet's");
	}
	fb_snapshot_put(answer.snapshot);
}

static void test_sums(void **state)
{
	struct fb_past_ask question = {.what = FB_PAST_FOLD};
	struct fb_past_answer answer;
	uint64_t bytes = 0, told = 0, n = 0;

	(void)state;
	question.want[FB_FIELD_proto] = true;
	ask("", &question, &answer);
	for (unsigned int i = 0; i < FLOWS; i++)
		bytes += traffic[i].bytes[0] + traffic[i].bytes[1];
	for (uint32_t i = 0; i < answer.snapshot->n; i++) {
		struct fb_flow_at at;

		fb_snapshot_at(answer.snapshot, i, &at);
		told += at.traffic->bytes[0] + at.traffic->bytes[1];
		n += fb_flow_at_flows(&at);
	}
	assert_int_equal(answer.matched, FLOWS);
	assert_int_equal(n, FLOWS);
	assert_int_equal(answer.bytes[0] + answer.bytes[1], bytes);
	assert_int_equal(told, bytes);
	fb_snapshot_put(answer.snapshot);
}

/* By each field that is kept, both ways, pages are in the order that values have here. */
static void test_sorts(void **state)
{
	(void)state;
	for (int id = 0; id < FB_FIELD_COUNT; id++) {
		const struct fb_field *field = &fb_fields[id];
		struct fb_past_ask question = {.what = FB_PAST_PAGE, .limit = 300};
		struct fb_past_answer answer;
		struct fb_value value[2];
		struct fb_flow_at at;

		if (!field->sortable || !fb_where_expression(field))
			continue;
		question.offset = below(1000);
		question.n_sorts = 1;
		question.sort[0] = (struct fb_past_sort){field, below(2)};
		question.want[id] = true;
		ask("", &question, &answer);
		assert_int_equal(answer.snapshot->n, 300);
		for (uint32_t i = 0; i < answer.snapshot->n; i++) {
			int order;

			fb_snapshot_at(answer.snapshot, i, &at);
			fb_field_get(field, &at, &value[i % 2]);
			if (!i)
				continue;
			order = fb_value_compare(field, &value[(i + 1) % 2], &value[i % 2]);
			if (question.sort[0].descending ? order < 0 : order > 0)
				fail_msg("by %s: record %u is before the one after it", field->name,
					 i - 1);
		}
		fb_snapshot_put(answer.snapshot);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	       cmocka_unit_test(test_sums),
		cmocka_unit_test(test_sorts),	       cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_random_filters),
	};
	const struct fb_clickhouse_opts opts = {.urls = argc > 2 ? argv[1] : "",
						.login = argc > 2 ? argv[2] : NULL};
	struct fb_why why = {""};
	int r;

	if (fb_clickhouse_new(&opts, &clickhouse, &why) < 0) {
		print_error("filters_test URL LOGIN: %s\n", why.text);
		return 2;
	}
	r = cmocka_run_group_tests_name("filters", tests, fill, teardown);
	fb_clickhouse_free(clickhouse);
	return r;
}
