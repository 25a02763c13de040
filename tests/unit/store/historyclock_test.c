/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/* A wall clock that is wrong, and is set: no row is lost, hidden or held for ever. */
#include "unit/keeping.h"

static int64_t moved(struct keeping *keeping)
{
	return keeping_ask(keeping, "SELECT sum(d_bytes_up) + sum(d_bytes_down) FROM flows");
}

/* A flow of a byte in each of some seconds, and what the file has of them by the wall clock. */
static void flows_each_second(struct keeping *keeping, uint64_t born, unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds; i++) {
		keeping_begin(keeping, i % 8, born + i);
		keeping_move(keeping, i % 8, FB_UP, 1);
		keeping_end(keeping, i % 8);
		keeping_pass(keeping, 1);
	}
}

static int64_t rows_between(struct keeping *keeping, int64_t from_ms, int64_t before_ms)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM flow WHERE w >> 20 BETWEEN %lld AND %lld",
		 (long long)from_ms, (long long)before_ms - 1);
	return keeping_ask(keeping, sql);
}

#define YEAR_MS (365ll * 86400000)

/* It begins in 1970, or years ahead, and is told the time later: all is where it belongs then. */
static void test_what_a_wrong_clock_wrote_goes_to_its_time(void **state)
{
	const int64_t wrong[] = {-50 * YEAR_MS, 10 * YEAR_MS};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct keeping *keeping = keeping_new(8);
		struct fb_snapshot *snapshot = &keeping->fake->snapshot;
		const int64_t right = snapshot->wall_ms + 50 * YEAR_MS;

		keeping->limits.of[FB_HISTORY_flows].seconds = 7200;
		keeping_close(keeping);
		keeping_open(keeping);
		snapshot->wall_ms = right;
		flows_each_second(keeping, 1, 20);
		fb_historian_flush(keeping->historian);
		keeping_close(keeping);
		keeping_open(keeping);
		for (uint32_t k = 0; k < 8; k++)
			*fake_flow(keeping->fake, k) = (struct fb_flow){0};
		snapshot->wall_ms = right + 100000 + wrong[i];
		flows_each_second(keeping, 100, 25);
		snapshot->wall_ms -= wrong[i];
		flows_each_second(keeping, 200, 25);
		/* behind what is there already they stood as the last of it */
		assert_int_equal(rows_between(keeping, right, right + 100000), i ? 20 : 45);
		assert_int_equal(rows_between(keeping, right, right + 126000), 45);
		assert_int_equal(rows_between(keeping, right + 126000, right + 160000), 25);
		assert_int_equal(moved(keeping), 70);
		fb_historian_flush(keeping->historian);
		assert_int_equal(keeping_ask(keeping,
					     "SELECT count(*) FROM (SELECT sum(bytes_up) AS "
					     "s, max(time) - min(time) AS span FROM rollup "
					     "GROUP BY step, by) WHERE s <> 70 OR span > 3600"),
				 0);
		keeping_free(keeping);
	}
}

/* A clock that was right goes a year ahead for some minutes: nothing is too old by it. */
static void test_a_year_ahead_and_back_takes_nothing(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;
	int64_t sums;

	(void)state;
	flows_each_second(keeping, 1, 20);
	keeping_pass(keeping, 3700);
	sums = keeping_ask(keeping, "SELECT count(*) FROM rollup");
	snapshot->wall_ms += YEAR_MS;
	flows_each_second(keeping, 100, 150);
	snapshot->wall_ms -= YEAR_MS;
	flows_each_second(keeping, 300, 20);
	assert_int_equal(moved(keeping), 190);
	assert_int_equal(rows_between(keeping, snapshot->wall_ms - 86400000, INT64_MAX),
			 keeping_ask(keeping, "SELECT count(*) FROM flow"));
	assert_int_equal(rows_between(keeping, snapshot->wall_ms + 2000, INT64_MAX), 0);
	assert_true(keeping_ask(keeping, "SELECT count(*) FROM rollup") > sums);
	keeping_free(keeping);
}

/* One that stood a year ahead for hours is believed; set back it is followed after an hour, and
 * what it wrote goes when it was kept as long as is asked.
 */
static void test_no_row_is_held_for_ever(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;

	(void)state;
	keeping->limits.of[FB_HISTORY_flows].seconds = 2 * 86400;
	keeping_close(keeping);
	keeping_open(keeping);
	snapshot->wall_ms += YEAR_MS;
	flows_each_second(keeping, 1, 20);
	keeping_pass(keeping, 3700);
	snapshot->wall_ms -= YEAR_MS;
	flows_each_second(keeping, 100, 20);
	assert_int_equal(rows_between(keeping, 0, snapshot->wall_ms + 1000), 0);
	keeping_pass(keeping, 3600);
	flows_each_second(keeping, 200, 20);
	assert_int_equal(rows_between(keeping, snapshot->wall_ms - 21000, snapshot->wall_ms + 1000),
			 20);
	assert_int_equal(moved(keeping), 60);
	snapshot->wall_ms += 47 * 3600000;
	snapshot->now_ns += 47 * 3600000000000ull;
	keeping_pass(keeping, 2);
	flows_each_second(keeping, 300, 20);
	assert_int_equal(moved(keeping), 40);
	assert_int_equal(rows_between(keeping, snapshot->wall_ms + 2000, INT64_MAX), 0);
	keeping_free(keeping);
}

/* The same time twice: no row takes another's place. */
static void test_a_time_that_comes_again_overwrites_nothing(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;

	(void)state;
	keeping_pass(keeping, 3700);
	flows_each_second(keeping, 100, 400);
	snapshot->wall_ms -= 3600000 + 200 * 1000;
	keeping_pass(keeping, 3601);
	flows_each_second(keeping, 1000, 300);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flow"), 700);
	assert_int_equal(moved(keeping), 700);
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_wrong_clock_wrote_goes_to_its_time),
		cmocka_unit_test(test_a_year_ahead_and_back_takes_nothing),
		cmocka_unit_test(test_no_row_is_held_for_ever),
		cmocka_unit_test(test_a_time_that_comes_again_overwrites_nothing),
	};

	return cmocka_run_group_tests_name("historyclock", tests, NULL, NULL);
}
