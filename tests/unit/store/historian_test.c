/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/*
 * What is written of flows: each end once, long ones by the minute, all of it adding up to what was
 * counted, whatever the disk, the clock and strangers do.
 */
#include "unit/keeping.h"

#include <fcntl.h>

static int64_t moved(struct keeping *keeping)
{
	return keeping_ask(keeping, "SELECT sum(d_bytes_up) + sum(d_bytes_down) FROM flows");
}

static void test_an_end_is_a_row_with_its_last_word(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_flow *flow = keeping_begin(keeping, 3, 77);

	(void)state;
	flow->rtt_ns = 1234000;
	keeping_move(keeping, 3, FB_UP, 100);
	keeping_pass(keeping, 2);
	keeping_move(keeping, 3, FB_DOWN, 1000);
	keeping_end(keeping, 3);
	keeping_pass(keeping, 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows WHERE part = 0"), 1);
	assert_int_equal(
		keeping_ask(
			keeping,
			"SELECT count(*) FROM flows WHERE id = (77 << 26 | 3) AND src_ip = "
			"0x0a000005 AND dst_ip = 0xc0000201 AND dst_port = 443 AND service = "
			"'https' AND iface = 'lan0' AND proto = 'tcp' AND bytes_up = 100 AND "
			"bytes_down = 1000 AND packets_up = 1 AND rtt = 1234 AND closed = 1 AND "
			"last_seen - first_seen = 2000 AND dst_host IS NULL AND vlan IS NULL"),
		1);
	assert_int_equal(moved(keeping), 1100);
	keeping_free(keeping);
}

static void test_an_end_that_is_told_again_is_the_same_row(void **state)
{
	struct keeping *keeping = keeping_new(8);

	(void)state;
	keeping_begin(keeping, 0, 1);
	keeping_move(keeping, 0, FB_UP, 100);
	keeping_end(keeping, 0);
	keeping_pass(keeping, 3);
	keeping_move(keeping, 0, FB_UP, 40);
	keeping_end(keeping, 0);
	keeping_pass(keeping, 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows"), 1);
	assert_int_equal(keeping_ask(keeping, "SELECT bytes_up FROM flows"), 140);
	assert_int_equal(moved(keeping), 140);
	keeping_free(keeping);
}

static void test_a_long_flow_is_told_by_the_minute(void **state)
{
	struct keeping *keeping = keeping_new(200);
	int64_t parts;

	(void)state;
	keeping_begin(keeping, 150, 5);
	for (int i = 0; i < 600; i++) {
		keeping_move(keeping, 150, i % 2, 10);
		keeping_pass(keeping, 1);
	}
	parts = keeping_ask(keeping, "SELECT count(*) FROM flows WHERE part = 1");
	assert_in_range(parts, 8, 10);
	assert_in_range(moved(keeping), 10 * 480, 10 * 600);
	keeping_move(keeping, 150, FB_UP, 7);
	keeping_end(keeping, 150);
	keeping_pass(keeping, 1);
	keeping_move(keeping, 150, FB_UP, 3);
	keeping_end(keeping, 150);
	keeping_pass(keeping, 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows WHERE part = 0"), 1);
	assert_int_equal(moved(keeping), 6010);
	keeping_free(keeping);
}

static void test_one_that_is_silent_is_told_each_ten_minutes(void **state)
{
	struct keeping *keeping = keeping_new(8);

	(void)state;
	keeping_begin(keeping, 2, 5);
	keeping_move(keeping, 2, FB_UP, 10);
	keeping_pass(keeping, 1500);
	assert_in_range(keeping_ask(keeping, "SELECT count(*) FROM flows"), 2, 4);
	assert_int_equal(moved(keeping), 10);
	keeping_free(keeping);
}

static void test_the_last_word_of_all_comes_when_it_ends(void **state)
{
	struct keeping *keeping = keeping_new(8);

	(void)state;
	keeping_begin(keeping, 2, 5);
	keeping_move(keeping, 2, FB_UP, 10);
	keeping_pass(keeping, 3);
	keeping_move(keeping, 2, FB_UP, 5);
	keeping_pass(keeping, 1);
	fb_historian_flush(keeping->historian);
	assert_int_equal(moved(keeping), 15);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(bytes_up) FROM rollup WHERE by = 0 AND "
					      "step = 10"),
			 15);
	keeping_free(keeping);
}

/* With --pin: another record, the same flow; one lives, one was closed when the last run ended. */
static void test_counts_that_go_on_are_told_once(void **state)
{
	struct keeping *keeping = keeping_new(8);

	(void)state;
	keeping->goes_on = true;
	keeping_begin(keeping, 2, 5);
	keeping_move(keeping, 2, FB_UP, 100);
	keeping_begin(keeping, 3, 6);
	keeping_move(keeping, 3, FB_DOWN, 1000);
	keeping_pass(keeping, 2);
	fake_flow(keeping->fake, 3)->closed = FB_CLOSED_FIN;
	keeping_pass(keeping, 1);
	fb_historian_flush(keeping->historian);
	assert_int_equal(moved(keeping), 1100);
	keeping_close(keeping);
	keeping_open(keeping);
	keeping_begin(keeping, 6, 5);
	keeping_move(keeping, 6, FB_UP, 100);
	keeping_move(keeping, 6, FB_UP, 20);
	keeping_end(keeping, 6);
	keeping_begin(keeping, 7, 6);
	keeping_move(keeping, 7, FB_DOWN, 1000);
	keeping_move(keeping, 7, FB_DOWN, 1);
	keeping_end(keeping, 7);
	memset(fake_flow(keeping->fake, 2), 0, 2 * sizeof(struct fb_flow));
	keeping_pass(keeping, 11);
	assert_int_equal(moved(keeping), 1121);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows WHERE part = 0"), 2);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(bytes_up + bytes_down) FROM rollup WHERE "
					      "step = 3600 AND by = 0"),
			 1121);
	keeping_free(keeping);
}

/* What many share stands once, after a restart, too. */
static void test_what_is_the_same_stands_once(void **state)
{
	struct keeping *keeping = keeping_new(64);

	(void)state;
	for (int run = 0; run < 2; run++) {
		for (uint32_t i = 0; i < 20; i++) {
			keeping_begin(keeping, i, 100 + i + 100 * (uint32_t)run);
			keeping_move(keeping, i, FB_UP, 1);
			keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
		keeping_close(keeping);
		keeping_open(keeping);
	}
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows"), 40);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM kind"), 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM run WHERE end_ms > 0"), 2);
	keeping_free(keeping);
}

static void test_what_the_disk_does_not_take_is_written_later(void **state)
{
	struct keeping *keeping = keeping_new(8);
	_cleanup_sqldb_ sqlite3 *other = NULL;
	struct fb_historian_state now;
	char path[FB_HISTORY_PATH];

	(void)state;
	keeping_begin(keeping, 0, 1);
	keeping_move(keeping, 0, FB_UP, 100);
	keeping_pass(keeping, 70);
	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READWRITE, &other), 0);
	assert_int_equal(fb_sql_run(other, "BEGIN IMMEDIATE"), 0);
	keeping_move(keeping, 0, FB_UP, 11);
	keeping_end(keeping, 0);
	assert_int_equal(keeping_tick(keeping), -EAGAIN);
	fb_historian_state(keeping->historian, &now);
	assert_false(now.works);
	assert_non_null(strstr(now.error, "locked"));
	assert_int_equal(fb_sql_run(other, "ROLLBACK"), 0);
	assert_int_equal(fb_historian_tick(keeping->historian, &keeping->fake->snapshot, NULL, 0),
			 0);
	keeping->fake->snapshot.n_ended = 0;
	keeping_pass(keeping, 10);
	assert_int_equal(moved(keeping), 111);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(bytes_up) FROM rollup WHERE by = 0 AND "
					      "step = 60"),
			 111);
	fb_historian_state(keeping->historian, &now);
	assert_true(now.works);
	keeping_free(keeping);
}

static void test_no_clock_brings_rows_out_of_order(void **state)
{
	struct keeping *keeping = keeping_new(64);
	const int64_t steps[] = {0, -3600000, 7200000, -86400000};

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		keeping->fake->snapshot.wall_ms += steps[i];
		keeping_begin(keeping, i, 10 + i);
		keeping_move(keeping, i, FB_UP, 1);
		keeping_end(keeping, i);
		keeping_pass(keeping, 11);
	}
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows AS a JOIN flows AS b ON "
					      "a.id >> 26 < b.id >> 26 WHERE a.w > b.w"),
			 0);
	assert_int_equal(moved(keeping), 4);
	keeping_free(keeping);
}

/* Each bucket of each field adds up to what was counted in it. */
static void test_sums_over_time_are_what_was_counted(void **state)
{
	struct keeping *keeping = keeping_new(300);
	int64_t bytes = 0;

	(void)state;
	for (int second = 0; second < 150; second++) {
		for (uint32_t i = 0; i < 300; i++) {
			struct fb_flow *flow =
				second % 50
					? fake_flow(keeping->fake, i)
					: keeping_begin(keeping, i, 1000 + i + (uint64_t)second);

			flow->src[14] = (uint8_t)(i >> 8);
			flow->src[15] = (uint8_t)i;
			keeping_move(keeping, i, FB_UP, i + 1);
			bytes += i + 1;
			if (second % 50 == 49)
				keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
	}
	fb_historian_flush(keeping->historian);
	assert_int_equal(moved(keeping), bytes);
	assert_int_equal(keeping_ask(keeping,
				     "SELECT count(*) FROM (SELECT sum(bytes_up) AS s FROM rollup "
				     "GROUP BY step, by) WHERE s <> (SELECT sum(d_bytes_up) FROM "
				     "flows)"),
			 0);
	assert_int_equal(keeping_ask(keeping,
				     "SELECT max(n) FROM (SELECT count(*) AS n FROM rollup "
				     "WHERE step = 10 GROUP BY by, time)"),
			 41);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(flows) FROM rollup WHERE step = 3600 AND "
					      "by = 0"),
			 900);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(flows) FROM rollup WHERE step = 3600 AND "
					      "by = 4"),
			 900);
	keeping_free(keeping);
}

/* More names than are remembered: each is a row of its own, and goes with the flows that had it. */
static void test_a_flood_of_names_goes_as_it_came(void **state)
{
	struct keeping *keeping = keeping_new(4096);
	static char names[4096][sizeof(struct fb_flow_names) + sizeof(struct fb_flow_name)];
	static char texts[4096][24];

	(void)state;
	keeping->limits.of[FB_HISTORY_flows].seconds = 7200;
	keeping_close(keeping);
	keeping_open(keeping);
	for (uint64_t round = 0; round < 8; round++) {
		for (uint32_t i = 0; i < 4096; i++) {
			struct fb_flow_names *list = (void *)names[i];

			snprintf(texts[i], sizeof(texts[i]), "x%llu.example",
				 (unsigned long long)(round * 4096 + i));
			list->n = 1;
			list->name[0] =
				(struct fb_flow_name){.text = texts[i], .source = FB_NAME_SNI};
			keeping_begin(keeping, i, 1 + round * 4096 + i)->names = list;
			keeping_move(keeping, i, FB_UP, 1);
			keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
	}
	assert_int_equal(keeping_ask(keeping, "SELECT count(DISTINCT sni) FROM flows"), 32768);
	keeping->fake->snapshot.wall_ms += 4 * 3600000;
	keeping->fake->snapshot.now_ns += 4 * 3600000000000ull;
	memset(fake_flow(keeping->fake, 0), 0, sizeof(struct fb_flow));
	keeping_begin(keeping, 1, 99999)->names = NULL;
	keeping_move(keeping, 1, FB_UP, 1);
	keeping_end(keeping, 1);
	keeping_pass(keeping, 40);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows"), 1);
	assert_in_range(keeping_ask(keeping, "SELECT count(*) FROM server"), 0, 1);
	assert_int_equal(keeping_ask(keeping, "SELECT rows FROM kept WHERE kind = 'flow'"), 1);
	keeping_free(keeping);
}

static void test_the_file_is_never_larger_than_it_may_be(void **state)
{
	struct keeping *keeping = keeping_new(4096);
	struct fb_historian_state now;

	(void)state;
	keeping->limits.bytes = 2000000;
	keeping_close(keeping);
	keeping_open(keeping);
	for (uint64_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 4096; i++) {
			keeping_begin(keeping, i, 1 + round * 4096 + i);
			keeping_move(keeping, i, FB_UP, 1);
			keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
	}
	keeping_pass(keeping, 20);
	fb_historian_state(keeping->historian, &now);
	assert_true(now.expired > 40000);
	assert_int_equal(now.kept_rows, keeping_ask(keeping, "SELECT count(*) FROM flow"));
	assert_in_range(keeping_ask(keeping, "SELECT (page_count - freelist_count) * 8192 FROM "
					     "pragma_page_count, pragma_freelist_count"),
			500000, 2000000);
	assert_int_equal(keeping_ask(keeping, "SELECT max(w) >> 20 FROM flow") > 0, 1);
	keeping_free(keeping);
}

static void write_file(const struct keeping *keeping, const char *name, long at, const char *text)
{
	char path[FB_HISTORY_PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", keeping->folder, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static void test_a_torn_file_is_set_aside(void **state)
{
	struct keeping *keeping = keeping_new(64);
	char path[FB_HISTORY_PATH];

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		keeping_begin(keeping, i, 1 + i);
		keeping_end(keeping, i);
	}
	keeping_pass(keeping, 1);
	keeping_close(keeping);
	write_file(keeping, FB_HISTORY_NAME, 5 * 8192, "this was written by nobody that we know");
	write_file(keeping, FB_HISTORY_NAME, 8192, "torn");
	keeping_open(keeping);
	assert_non_null(strstr(keeping->why.text, "history.db.old-1"));
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flow"), 0);
	snprintf(path, sizeof(path), "%s/history.db.old-1", keeping->folder);
	assert_int_equal(access(path, F_OK), 0);
	keeping_close(keeping);
	write_file(keeping, FB_HISTORY_NAME, 0, "no database at all, but a letter to somebody");
	keeping_open(keeping);
	assert_non_null(strstr(keeping->why.text, "history.db.old-2"));
	keeping_free(keeping);
}

static void test_the_history_of_another_machine_is_refused(void **state)
{
	struct keeping *keeping = keeping_new(8);
	_cleanup_sqldb_ sqlite3 *db = NULL;
	char path[FB_HISTORY_PATH];
	struct fb_window window;
	unsigned int n;

	(void)state;
	keeping_close(keeping);
	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READWRITE, &db), 0);
	assert_int_equal(fb_sql_run(db, "UPDATE meta SET value = 'another' WHERE key = 'owner'"),
			 0);
	assert_int_equal(fb_historian_new(keeping->folder, &keeping->limits, keeping->goes_on,
					  &keeping->historian),
			 0);
	assert_int_equal(fb_historian_open(keeping->historian, &window, 1, &n, &keeping->why),
			 -EPERM);
	assert_non_null(strstr(keeping->why.text, "another machine"));
	keeping_free(keeping);
}

static void test_what_was_done_is_only_added_to(void **state)
{
	struct keeping *keeping = keeping_new(8);
	const struct fb_history_event event = {
		.time_ms = 1,
		.level = "info",
		.component = "act",
		.message = "label x",
		.fields = "act\0label\0reason\0a laptop\0",
		.is_act = true,
	};
	_cleanup_sqldb_ sqlite3 *db = NULL;
	char path[FB_HISTORY_PATH];

	(void)state;
	keeping->fake->snapshot.epoch++;
	assert_int_equal(fb_historian_tick(keeping->historian, &keeping->fake->snapshot, &event, 1),
			 0);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM audit WHERE act = 'label' AND "
					      "reason = 'a laptop' AND user IS NULL"),
			 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM event WHERE component = 'act'"),
			 1);
	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READWRITE, &db), 0);
	assert_true(fb_sql_run(db, "UPDATE audit SET reason = 'none'") < 0);
	assert_true(fb_sql_run(db, "DELETE FROM audit") < 0);
	assert_true(fb_sql_run(db, "DELETE FROM event") < 0);
	keeping_free(keeping);
}

static void test_windows_are_found_again(void **state)
{
	struct keeping *keeping = keeping_new(8);
	static struct fb_window list[FB_WINDOWS];
	struct fb_window window = {.id = 41,
				   .start_ms = 1000,
				   .end_ms = 11000,
				   .flows = 9,
				   .protos = {4, 3, 2, 0},
				   .judged = {{7, 1, 1}, 80, 9, 8, 1ull << 40},
				   .bytes = {100, 1ull << 40},
				   .n_new = 1,
				   .new_host = {{{10, 0, 0, 1}, 4}}};
	unsigned int n;

	(void)state;
	assert_int_equal(fb_historian_window(keeping->historian, &window), 0);
	window.id++;
	assert_int_equal(fb_historian_window(keeping->historian, &window), 0);
	keeping_close(keeping);
	assert_int_equal(fb_historian_new(keeping->folder, &keeping->limits, keeping->goes_on,
					  &keeping->historian),
			 0);
	assert_int_equal(fb_historian_open(keeping->historian, list, FB_WINDOWS, &n, &keeping->why),
			 0);
	assert_int_equal(n, 2);
	assert_memory_equal(&list[1], &window, sizeof(window));
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_end_is_a_row_with_its_last_word),
		cmocka_unit_test(test_an_end_that_is_told_again_is_the_same_row),
		cmocka_unit_test(test_a_long_flow_is_told_by_the_minute),
		cmocka_unit_test(test_one_that_is_silent_is_told_each_ten_minutes),
		cmocka_unit_test(test_the_last_word_of_all_comes_when_it_ends),
		cmocka_unit_test(test_counts_that_go_on_are_told_once),
		cmocka_unit_test(test_what_is_the_same_stands_once),
		cmocka_unit_test(test_what_the_disk_does_not_take_is_written_later),
		cmocka_unit_test(test_no_clock_brings_rows_out_of_order),
		cmocka_unit_test(test_sums_over_time_are_what_was_counted),
		cmocka_unit_test(test_a_flood_of_names_goes_as_it_came),
		cmocka_unit_test(test_the_file_is_never_larger_than_it_may_be),
		cmocka_unit_test(test_a_torn_file_is_set_aside),
		cmocka_unit_test(test_the_history_of_another_machine_is_refused),
		cmocka_unit_test(test_what_was_done_is_only_added_to),
		cmocka_unit_test(test_windows_are_found_again),
	};

	return cmocka_run_group_tests_name("historian", tests, NULL, NULL);
}
