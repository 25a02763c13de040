/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/* What each kind holds of the file, and gives way to. */
#include "unit/keeping.h"

/* What the file says of its own pages. */
static int64_t pages_of_sums(struct keeping *keeping)
{
	return keeping_ask(keeping, "SELECT count(*) FROM dbstat WHERE name = 'rollup'") * 8192;
}

static void fill_sums(struct keeping *keeping, unsigned int seconds)
{
	for (unsigned int second = 0; second < seconds; second++) {
		for (uint32_t i = 0; i < 60; i++) {
			struct fb_flow *flow =
				keeping_begin(keeping, i, 1 + i + 60 * (uint64_t)second);

			flow->src[15] = (uint8_t)i;
			flow->src[14] = (uint8_t)second;
			keeping_move(keeping, i, FB_UP, i + 1);
			keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
	}
}

static void test_what_each_kind_holds_is_what_the_file_says(void **state)
{
	struct keeping *keeping = keeping_new(64);
	struct fb_historian_state now;
	uint64_t sums = 0, all = 0;

	(void)state;
	fill_sums(keeping, 900);
	for (int again = 0; again < 2; again++) {
		fb_historian_state(keeping->historian, &now);
		sums = all = 0;
		for (int kind = 0; kind < FB_HISTORY_KINDS; kind++) {
			all += now.kind[kind].bytes;
			sums += kind == FB_HISTORY_flows || kind == FB_HISTORY_log
					? 0
					: now.kind[kind].bytes;
		}
		assert_in_range(sums, pages_of_sums(keeping) * 9 / 10,
				pages_of_sums(keeping) * 11 / 10);
		assert_int_equal(all, keeping_ask(keeping,
						  "SELECT (page_count - freelist_count) * 8192 "
						  "FROM pragma_page_count, pragma_freelist_count"));
		assert_true(now.kind[FB_HISTORY_seconds].bytes >
			    now.kind[FB_HISTORY_minutes].bytes);
		assert_true(now.kind[FB_HISTORY_flows].bytes > sums);
		keeping_close(keeping);
		keeping_open(keeping);
		keeping_pass(keeping, 1);
	}
	keeping_free(keeping);
}

/* Each kind gives way to its own limit, and to no other's. */
static void test_a_kind_holds_no_more_than_it_may(void **state)
{
	struct keeping *keeping = keeping_new(64);
	struct fb_historian_state now;
	int64_t hours, flows;

	(void)state;
	fill_sums(keeping, 900);
	for (uint32_t i = 0; i < 60; i++)
		*fake_flow(keeping->fake, i) = (struct fb_flow){0};
	hours = keeping_ask(keeping, "SELECT count(*) FROM rollup WHERE step = 3600");
	flows = keeping_ask(keeping, "SELECT count(*) FROM flow");
	keeping->limits.of[FB_HISTORY_seconds].bytes = 100000;
	keeping_close(keeping);
	keeping_open(keeping);
	keeping_pass(keeping, 20);
	fb_historian_state(keeping->historian, &now);
	assert_in_range(now.kind[FB_HISTORY_seconds].bytes, 1, 100000);
	assert_int_equal(now.kind[FB_HISTORY_seconds].cut, FB_HISTORY_BY_SIZE);
	assert_int_equal(now.kind[FB_HISTORY_flows].cut, FB_HISTORY_WHOLE);
	assert_true(now.kind[FB_HISTORY_seconds].since_ms > now.kind[FB_HISTORY_hours].since_ms);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM rollup WHERE step = 3600"),
			 hours);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flow"), flows);
	keeping->limits.of[FB_HISTORY_flows].bytes = 1500000;
	keeping_close(keeping);
	keeping_open(keeping);
	keeping_pass(keeping, 20);
	fb_historian_state(keeping->historian, &now);
	assert_in_range(now.kind[FB_HISTORY_flows].bytes, 1, 1500000);
	assert_int_equal(now.kind[FB_HISTORY_flows].cut, FB_HISTORY_BY_SIZE);
	assert_in_range(keeping_ask(keeping, "SELECT count(*) FROM flow"), 1, flows - 1);
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_each_kind_holds_is_what_the_file_says),
		cmocka_unit_test(test_a_kind_holds_no_more_than_it_may),
	};

	return cmocka_run_group_tests_name("kindpages", tests, NULL, NULL);
}
