/* SPDX-License-Identifier: BSD-2-Clause */
// link: query past filter flow format util table
/* Rates over time and ten-second windows, fed by a table over minutes of made-up traffic. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "past/series.h"
#include "table/table.h"
#include "past/windows.h"
#include "unit/rows.h"

struct world {
	struct fb_table *table;
	struct fb_series *series;
	struct fb_windows *windows;
	struct fb_row row[3];
	uint64_t ns;
};

static void describe(void *ctx, const struct fb_flow *flow, unsigned int which,
		     struct fb_flow_facts *facts)
{
	(void)ctx, (void)which;
	facts->service = flow->proto == IPPROTO_UDP ? "dns"
			 : flow->src[15] == 1	    ? "https (App)"
						    : "rsync";
	facts->scope = flow->dst[12] == 10 ? FB_SCOPE_INTERNAL : FB_SCOPE_INTERNAL_EXTERNAL;
}

static const struct fb_table_ops ops = {.describe = describe};

static void tick(struct world *world, unsigned int which, uint64_t up, uint64_t losses)
{
	struct fb_snapshot *snapshot;

	world->ns += S;
	fb_table_tick_begin(world->table, world->ns, (int64_t)(world->ns / 1000000));
	for (unsigned int i = 0; i < 3; i++) {
		if (!(which & (1u << i)))
			continue;
		count(&world->row[i], FB_UP, 1, up, 0);
		fb_table_row(world->table, i, &world->row[i], world->ns);
	}
	snapshot = fb_table_tick_end(world->table);
	assert_non_null(snapshot);
	assert_int_equal(fb_series_consumer.tick(world->series, snapshot, losses), 0);
	assert_int_equal(fb_windows_consumer.tick(world->windows, snapshot, losses), 0);
	fb_snapshot_put(snapshot);
}

static int set_up(void **state)
{
	static struct world world;
	struct fb_table_opts opts = {.max_rows = 16};

	world = (struct world){.ns = 100000 * S};
	world.row[0] = make_row(1, IPPROTO_TCP, 0x0a000001, 4000, 0x5d0000c8, 443, 0);
	world.row[1] = make_row(2, IPPROTO_UDP, 0x0a000002, 4000, 0x5d0000c8, 443, 0);
	world.row[2] = make_row(1, IPPROTO_TCP, 0x0a000003, 4000, 0x0a0000c8, 443, 0);
	*state = &world;
	if (fb_table_new(&opts, &ops, NULL, &world.table) < 0 || fb_series_new(&world.series) < 0 ||
	    fb_windows_new(FB_WINDOW_S, &world.windows) < 0 ||
	    fb_series_consumer.open(world.series) < 0 ||
	    fb_windows_consumer.open(world.windows) < 0)
		return -1;
	fb_table_link(world.table, 1, "lan0");
	fb_table_link(world.table, 2, "wan0");
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	fb_windows_consumer.close(world->windows);
	fb_series_consumer.close(world->series);
	fb_windows_free(world->windows);
	fb_series_free(world->series);
	fb_table_free(world->table);
	return 0;
}

static const struct fb_series_line *line_of(const struct fb_series_answer *answer, const char *key)
{
	for (unsigned int i = 0; i < answer->n_lines; i++)
		if (!strcmp(answer->line[i].key, key))
			return &answer->line[i];
	fail_msg("no line of %s", key);
	return NULL;
}

static void test_series(void **state)
{
	struct world *world = *state;
	struct fb_series_answer answer;
	uint64_t first = world->ns;

	for (int i = 0; i < 30; i++)
		tick(world, 1, 1000, 0);
	world->ns += 5 * S; /* the daemon stood still */
	for (int i = 0; i < 10; i++)
		tick(world, 3, 2000, 0);
	tick(world, 0, 0, 0);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_TOTAL, 60, &answer), 0);
	assert_int_equal(answer.n, 60);
	assert_int_equal(answer.step_s, 1);
	assert_int_equal(answer.start_ms, (int64_t)((world->ns - 59 * S) / 1000000));
	assert_int_equal(answer.n_lines, 1);
	assert_true(answer.line[0].up[59] == 0);
	assert_true(answer.line[0].up[58] == 32000); /* two flows of 2000 bytes a second */
	assert_true(isnan(answer.line[0].up[46]));
	assert_true(answer.line[0].up[40] == 8000);
	assert_true(isnan(answer.line[0].up[2])); /* before the start */
	fb_series_answer_fini(&answer);

	assert_int_equal(fb_series_read(world->series, FB_SERIES_IFACE, 10, &answer), 0);
	assert_true(line_of(&answer, "wan0")->up[8] == 16000);
	fb_series_answer_fini(&answer);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_PROTO, 10, &answer), 0);
	assert_int_equal(answer.n_lines, FB_PAST_PROTOS);
	assert_true(line_of(&answer, "udp")->up[8] == 16000);
	assert_true(line_of(&answer, "icmp")->up[8] == 0);
	fb_series_answer_fini(&answer);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_HOST, 20, &answer), 0);
	assert_true(line_of(&answer, "10.0.0.1")->up[18] == 16000);
	fb_series_answer_fini(&answer);

	assert_int_equal(fb_series_read(world->series, FB_SERIES_SERVICE, 20, &answer), 0);
	assert_true(line_of(&answer, "https")->up[18] == 16000);
	assert_true(line_of(&answer, "dns")->up[18] == 16000);
	assert_true(line_of(&answer, "other")->up[18] == 0);
	assert_true(line_of(&answer, "ftp")->up[18] == 0);
	fb_series_answer_fini(&answer);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_SERVICE_FLOWS, 20, &answer), 0);
	assert_true(line_of(&answer, "https")->up[18] == 1);
	fb_series_answer_fini(&answer);

	/* ten seconds of it: the mean of those that are known */
	assert_int_equal(fb_series_read(world->series, FB_SERIES_TOTAL, 86400, &answer), 0);
	assert_int_equal(answer.step_s, 10);
	assert_int_equal(answer.n, FB_SERIES_SLOW);
	assert_true(answer.line[0].up[FB_SERIES_SLOW - 1 - (world->ns - first) / S / 10 + 1] ==
		    8000);
	fb_series_answer_fini(&answer);
}

/* Lines of services add up to all, however many there are; the busiest of them have one. */
static void test_services(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "https"};
	struct fb_byservice_line line[FB_BYSERVICE_LINES];
	struct fb_byservice *by = malloc(sizeof(*by));
	unsigned int n = 0, own = 0, taken = 0;

	(void)state;
	assert_non_null(by);
	fb_byservice_init(by);
	for (unsigned int i = 0; i < 500; i++) {
		int64_t sum = 0;

		fb_byservice_clear(by);
		for (unsigned int k = 0; k < 9; k++) {
			struct fb_flow flow = {.service = names[k]};
			struct fb_traffic traffic = {
				.moved_bytes = {(int64_t)(k == 0 && i > 250 ? 10000 : k + 1), 0}};
			struct fb_flow_at at = {NULL, &flow, &traffic, NULL};

			fb_byservice_add(by, &at);
			sum += traffic.moved_bytes[0];
		}
		n = fb_byservice_lines(by, line);
		for (unsigned int k = 0; k < n; k++) {
			sum -= line[k].sum.bytes[0];
			taken += line[k].taken;
		}
		assert_int_equal(sum, 0);
	}
	assert_int_equal(n, FB_BYSERVICE_LINES);
	assert_string_equal(line[n - 1].name, "other");
	assert_int_equal(line[n - 1].sum.flows, 2);
	for (unsigned int k = 0; k < n; k++)
		own += !strcmp(line[k].name, "a");
	assert_int_equal(own, 1); /* it was the least, then the most */
	assert_in_range(taken, 6, 8);
	free(by);
}

static void test_notes(void **state)
{
	struct world *world = *state;
	const struct fb_series_note note = {1500, 25, 30000000, 2, 7, NAN};
	struct fb_series_answer answer;

	tick(world, 1, 1000, 0);
	fb_series_note(world->series, &note);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_NEW, 2, &answer), 0);
	assert_true(answer.line[0].up[1] == 7 && isnan(answer.line[0].down[1]));
	assert_true(isnan(answer.line[0].up[0]));
	fb_series_answer_fini(&answer);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_WORK, 2, &answer), 0);
	assert_true(answer.line[0].up[1] == 1500 && answer.line[0].down[1] == 25);
	fb_series_answer_fini(&answer);
	assert_int_equal(fb_series_read(world->series, FB_SERIES_COST, 2, &answer), 0);
	assert_true(answer.line[0].up[1] == 30000000 && answer.line[0].down[1] == 2);
	fb_series_answer_fini(&answer);
}

static void test_windows(void **state)
{
	struct world *world = *state;
	struct fb_window list[8];
	uint64_t id;
	int64_t start;

	tick(world, 1, 1000, 5);
	for (int i = 0; i < 10; i++)
		tick(world, 5, 1000, 7);
	assert_int_equal(fb_windows_read(world->windows, 0, list, 8), 1);
	assert_int_equal(list[0].id, 1);
	assert_int_equal(list[0].flows, 2);
	assert_int_equal(list[0].internal, 1);
	assert_int_equal(list[0].external, 1);
	assert_int_equal(list[0].bytes[FB_UP], 20000);
	assert_int_equal(list[0].losses, 2);
	assert_int_equal(list[0].n_new, 3);
	assert_int_equal(list[0].end_ms - list[0].start_ms, 10000);
	fb_windows_current(world->windows, &id, &start);
	assert_int_equal(id, 2);
	assert_int_equal(start, list[0].end_ms);
	for (int i = 0; i < 10 * (FB_WINDOW_GONE_S / FB_WINDOW_S + 1); i++)
		tick(world, 1, 10, 7);
	assert_int_equal(fb_windows_read(world->windows, 1, list, 8), 8);
	assert_int_equal(list[0].id, 2);
	assert_int_equal(list[1].flows, 1);
	assert_int_equal(list[1].n_new, 0);
	fb_windows_current(world->windows, &id, &start);
	for (uint64_t i = 1, gone = 0; i < id; i++) {
		assert_int_equal(fb_windows_read(world->windows, i - 1, list, 1), 1);
		gone += list[0].n_gone;
		if (i + 1 == id)
			assert_int_equal(gone, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_series, set_up, tear_down),
		cmocka_unit_test(test_services),
		cmocka_unit_test_setup_teardown(test_notes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_windows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
