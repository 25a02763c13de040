/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/*
 * Bytes of the user half a flow, without names, NAT and many lanes, some ticks after one in which
 * all moved: what that needed went back to the system.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <flowbpf/limits.h>

#include "table/table.h"
#include "unit/rows.h"

#define TICKS 20
#define LISTS 12 /* bytes a flow: its number among those that moved, in two ticks, and were new */

static struct fb_row row_of(uint32_t i)
{
	struct fb_row row = make_row(LAN, IPPROTO_UDP, 0x0a000000u + i,
				     (uint16_t)(1024 + i % 60000), SERVER, 443, 1000 * S);

	count(&row, FB_UP, 3, 300, 0);
	count(&row, FB_DOWN, 2, 2000, 0);
	return row;
}

/* As many flows as there may be before some are given up; one in a hundred moves in a tick. */
static void fill(uint32_t rows, double most)
{
	const uint32_t n = rows / 16 * 15;
	const struct fb_table_opts opts = {.max_rows = rows};
	struct fb_table_stats stats;
	struct fb_table *table;

	assert_int_equal(fb_table_new(&opts, NULL, NULL, &table), 0);
	for (unsigned int tick = 0; tick < TICKS; tick++) {
		struct fb_snapshot *snapshot;

		fb_table_tick_begin(table, (2000 + tick) * S, (2000 + tick) * 1000);
		for (uint32_t i = 0; i < n; i += tick ? 100 : 1) {
			struct fb_row row = row_of(i);

			row.packets[0] += tick;
			assert_true(fb_table_row(table, i, &row, (2000 + tick) * S) >= 0);
		}
		snapshot = fb_table_tick_end(table);
		assert_non_null(snapshot);
		fb_snapshot_put(snapshot);
	}
	fb_table_stats(table, &stats);
	assert_int_equal(stats.live, n);
	print_message("# %u flows: %.0f bytes each\n", n, (double)stats.memory / n + LISTS);
	assert_true((double)stats.memory / n + LISTS <= most);
	fb_table_free(table);
}

static void test_bytes_a_flow(void **state)
{
	(void)state;
	fill(FB_MAX_FLOWS_DEFAULT, 466);
	fill(1000000, 466);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
