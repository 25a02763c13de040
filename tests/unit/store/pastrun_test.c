/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past filter flow format util
/*
 * History asked, as its own writer wrote it: flows of several rows count once and with all that
 * they moved, pages come in order, a moment is as it was, searches end when they should.
 */
#include "unit/keeping.h"

#include <pthread.h>

#include "store/pastpool.h"
#include "store/pastrun.h"
#include "store/sqlfuncs.h"
#include "store/zoneplan.h"
#include "store/zones.h"

struct asking {
	struct keeping *keeping;
	sqlite3 *db;
	struct fb_past_ask ask;
	struct fb_past_progress progress;
	struct fb_past_answer answer;
	struct fb_filter *filter;
	struct fb_filter_error error;
};

static struct asking *asking_new(void)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	asking->keeping = keeping_new(256);
	return asking;
}

static void asking_free(struct asking *asking)
{
	fb_past_answer_fini(&asking->answer);
	fb_filter_free(asking->filter);
	sqlite3_close(asking->db);
	keeping_free(asking->keeping);
	free(asking);
}

/* A whole page of all, unless the caller changes it. */
static void prepare(struct asking *asking, enum fb_past_what what, const char *filter)
{
	char path[FB_HISTORY_PATH];

	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, asking->keeping->folder);
	if (!asking->db) {
		assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READONLY, &asking->db), 0);
		assert_int_equal(fb_sqlfuncs_add(asking->db), 0);
	}
	fb_past_answer_fini(&asking->answer);
	fb_filter_free(asking->filter);
	asking->filter = NULL;
	assert_int_equal(fb_filter_compile(filter, &asking->filter, &asking->error), 0);
	asking->ask = (struct fb_past_ask){
		.what = what,
		.filter = asking->filter,
		.scope = FB_SCOPE_COUNT,
		.now_ms = asking->keeping->fake->snapshot.wall_ms,
		.limit = 100,
		.budget_ms = 60000,
	};
}

static int run(struct asking *asking)
{
	return fb_past_run(asking->db, &asking->ask, &asking->progress, &asking->answer,
			   &asking->error);
}

static struct fb_flow_at row_of(const struct asking *asking, uint32_t i)
{
	struct fb_flow_at at;

	assert_true(i < asking->answer.snapshot->n);
	fb_snapshot_at(asking->answer.snapshot, i, &at);
	return at;
}

/* Three minutes of one flow, and a short one beside it. */
static void live_long(struct keeping *keeping)
{
	keeping_begin(keeping, 1, 1);
	for (int i = 0; i < 190; i++) {
		keeping_move(keeping, 1, FB_UP, 10);
		if (i == 100)
			keeping_begin(keeping, 2, 2)->dst_port = 53;
		if (i == 100)
			keeping_move(keeping, 2, FB_DOWN, 7);
		if (i == 110)
			keeping_end(keeping, 2);
		keeping_pass(keeping, 1);
	}
}

static void test_a_flow_of_several_rows_is_one(void **state)
{
	struct asking *asking = asking_new();

	(void)state;
	live_long(asking->keeping);
	assert_true(keeping_ask(asking->keeping, "SELECT count(*) FROM flows WHERE part = 1") >= 2);
	prepare(asking, FB_PAST_PAGE, "");
	assert_int_equal(run(asking), 0);
	assert_int_equal(asking->answer.matched, 2);
	assert_int_equal(asking->answer.snapshot->n, 2);
	assert_true(fb_flow_is_live(row_of(asking, 0).flow));
	keeping_end(asking->keeping, 1);
	keeping_pass(asking->keeping, 2);
	prepare(asking, FB_PAST_PAGE, "dst.port = 443");
	assert_int_equal(run(asking), 0);
	assert_int_equal(asking->answer.matched, 1);
	assert_int_equal(asking->answer.bytes[FB_UP], 1900);
	assert_int_equal(row_of(asking, 0).traffic->bytes[FB_UP], 1900);
	assert_false(fb_flow_is_live(row_of(asking, 0).flow));
	/* an earlier word of it is not its word */
	prepare(asking, FB_PAST_PAGE, "dst.port = 443 and bytes < 1500");
	assert_int_equal(run(asking), 0);
	assert_int_equal(asking->answer.matched, 0);
	asking_free(asking);
}

static void test_times_may_be_far_off(void **state)
{
	const int64_t far[] = {8796093022208, 10413792000000, 253402300799999}; /* 2248 to 9999 */
	struct asking *asking = asking_new();

	(void)state;
	live_long(asking->keeping);
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		prepare(asking, FB_PAST_PAGE, "");
		asking->ask.until_ms = far[i];
		assert_int_equal(run(asking), 0);
		assert_int_equal(asking->answer.matched, 2);
		prepare(asking, FB_PAST_PAGE, "");
		asking->ask.since_ms = far[i];
		assert_int_equal(run(asking), 0);
		assert_int_equal(asking->answer.matched, 0);
		prepare(asking, FB_PAST_PAGE, "");
		asking->ask.at_ms = far[i];
		assert_int_equal(run(asking), 0);
		assert_int_equal(asking->answer.matched, 0);
	}
	asking_free(asking);
}

static void test_a_fold_adds_what_each_row_added(void **state)
{
	struct asking *asking = asking_new();

	(void)state;
	live_long(asking->keeping);
	keeping_end(asking->keeping, 1);
	keeping_pass(asking->keeping, 2);
	prepare(asking, FB_PAST_FOLD, "");
	asking->ask.want[FB_FIELD_dst_port] = true;
	assert_int_equal(run(asking), 0);
	assert_int_equal(asking->answer.matched, 2);
	assert_int_equal(asking->answer.snapshot->n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct fb_flow_at at = row_of(asking, i);
		const bool is_long = at.flow->dst_port == 443;

		assert_int_equal(fb_flow_at_flows(&at), 1);
		assert_int_equal(at.traffic->bytes[FB_UP], is_long ? 1900 : 0);
		assert_int_equal(at.traffic->bytes[FB_DOWN], is_long ? 0 : 7);
	}
	/* of its last minute alone what that added */
	prepare(asking, FB_PAST_FOLD, "dst.port = 443");
	asking->ask.since_ms = asking->ask.now_ms - 20000;
	assert_int_equal(run(asking), 0);
	assert_int_equal(asking->answer.matched, 1);
	assert_in_range(asking->answer.bytes[FB_UP], 10, 900);
	asking_free(asking);
}

static void test_pages_come_in_order(void **state)
{
	struct asking *asking = asking_new();
	uint64_t last = UINT64_MAX, n = 0;

	(void)state;
	for (uint32_t i = 1; i <= 200; i++) {
		keeping_begin(asking->keeping, i, i);
		keeping_move(asking->keeping, i, FB_UP, i * 37 % 101 * 10);
		keeping_end(asking->keeping, i);
		if (i % 20 == 0)
			keeping_pass(asking->keeping, 1);
	}
	for (uint32_t offset = 0; offset < 200; offset += 30) {
		prepare(asking, FB_PAST_PAGE, "");
		asking->ask.offset = offset;
		asking->ask.limit = 30;
		asking->ask.n_sorts = 1;
		asking->ask.sort[0] = (struct fb_past_sort){&fb_fields[FB_FIELD_bytes], true};
		assert_int_equal(run(asking), 0);
		assert_int_equal(asking->answer.matched, 200);
		for (uint32_t i = 0; i < asking->answer.snapshot->n; i++, n++) {
			const uint64_t bytes = row_of(asking, i).traffic->bytes[FB_UP];

			assert_true(bytes <= last);
			last = bytes;
		}
	}
	assert_int_equal(n, 200);
	prepare(asking, FB_PAST_PAGE, "");
	asking->ask.n_sorts = 1;
	asking->ask.sort[0] = (struct fb_past_sort){&fb_fields[FB_FIELD_rate], true};
	assert_int_equal(run(asking), -EINVAL);
	assert_non_null(strstr(asking->error.detail, "rate_bps"));
	asking_free(asking);
}

static void test_an_export_goes_on_where_it_was(void **state)
{
	struct asking *asking = asking_new();
	struct fb_numberset seen;
	int64_t next = 0;
	uint32_t n = 0;

	(void)state;
	live_long(asking->keeping);
	fb_numberset_init(&seen, 1000);
	do {
		prepare(asking, FB_PAST_NEXT, "");
		asking->ask.limit = 1;
		asking->ask.before = next;
		asking->ask.seen = &seen;
		assert_int_equal(run(asking), 0);
		n += asking->answer.snapshot->n;
		next = asking->answer.next;
	} while (next);
	assert_int_equal(n, 2);
	fb_numberset_fini(&seen);
	asking_free(asking);
}

static uint64_t lived_at(struct asking *asking, int64_t at_ms)
{
	prepare(asking, FB_PAST_PAGE, "");
	asking->ask.at_ms = at_ms;
	assert_int_equal(run(asking), 0);
	return asking->answer.matched;
}

static void test_a_moment_is_as_it_was(void **state)
{
	struct asking *asking = asking_new();
	const int64_t begun = asking->keeping->fake->snapshot.wall_ms;

	(void)state;
	live_long(asking->keeping);
	keeping_end(asking->keeping, 1);
	keeping_pass(asking->keeping, 700);
	assert_int_equal(lived_at(asking, begun - 5000), 0);
	assert_int_equal(lived_at(asking, begun + 50000), 1);
	assert_int_equal(lived_at(asking, begun + 105000), 2);
	assert_int_equal(lived_at(asking, begun + 150000), 1);
	assert_in_range(row_of(asking, 0).traffic->bytes[FB_UP], 1000, 1500);
	assert_int_equal(lived_at(asking, begun + 250000), 0);
	asking_free(asking);
}

static void test_one_by_its_id(void **state)
{
	struct asking *asking = asking_new();

	(void)state;
	live_long(asking->keeping);
	prepare(asking, FB_PAST_ID, "");
	asking->ask.limit = 1;
	asking->ask.id = 2ull << 26 | 2;
	assert_int_equal(run(asking), 0);
	assert_int_equal(row_of(asking, 0).flow->dst_port, 53);
	prepare(asking, FB_PAST_ID, "");
	asking->ask.limit = 1;
	asking->ask.id = 3ull << 26 | 2;
	assert_int_equal(run(asking), -ENODATA);
	asking_free(asking);
}

#define FLOWS 99600u /* 400 seconds of 249 */

/* Each 8,192 flows go to a server of their own, one to a rare one. */
static void fill_zones(struct keeping *keeping)
{
	uint64_t born = 1;

	for (int i = 0; i < 400; i++) {
		for (uint32_t k = 1; k < 250; k++, born++) {
			struct fb_flow *flow = keeping_begin(keeping, k, born);

			flow->dst[15] = (uint8_t)(born / FB_ZONE_ROWS);
			flow->dst[14] = born == 50000 ? 9 : 2;
			keeping_move(keeping, k, FB_UP, 10);
			keeping_end(keeping, k);
		}
		keeping_pass(keeping, 1);
	}
}

/* Rows that have to be read for a filter. */
static uint64_t rows_to_read(struct asking *asking, const char *filter)
{
	_cleanup_statement_ sqlite3_stmt *count = NULL;
	int64_t before = INT64_MAX, from;
	struct fb_zoneplan *zones;
	uint64_t n = 0;

	prepare(asking, FB_PAST_PAGE, filter);
	zones = fb_zoneplan_new(asking->db, asking->filter);
	if (!zones)
		return FLOWS;
	assert_int_equal(fb_sql_prepare(asking->db,
					"SELECT count(*) FROM flow WHERE w >= ?1 AND w < ?2",
					&count),
			 0);
	for (; fb_zoneplan_next(zones, 0, &before, &from); before = from) {
		sqlite3_bind_int64(count, 1, from);
		sqlite3_bind_int64(count, 2, before);
		assert_int_equal(fb_sql_step(count), 1);
		n += (uint64_t)sqlite3_column_int64(count, 0);
		sqlite3_reset(count);
	}
	fb_zoneplan_free(zones);
	return n;
}

static void test_zones_that_have_nothing_of_it_are_passed_by(void **state)
{
	const uint64_t tail = FLOWS % FB_ZONE_ROWS, zone = FB_ZONE_ROWS;
	const struct {
		const char *filter;
		uint64_t flows, most;
	} cases[] = {
		{"dst.ip = 192.0.9.6", 1, zone + tail},
		{"dst.ip = 192.0.9.7", 0, tail},
		{"ip = 192.0.9.6 and port = 443", 1, zone + tail},
		{"ip = 192.0.9.7 or port = 443", FLOWS, FLOWS},
		{"not dst.ip = 192.0.9.6", FLOWS - 1, FLOWS},
		{"dst.ip = 192.0.2.3", zone, 2 * zone + tail},
		{"dst.ip = 192.0.2.3 and dst.port = 80", 0, tail},
		{"dst.ip in (192.0.9.6, 192.0.9.8)", 1, zone + tail},
		{"service ~ tps and dst.ip = 192.0.9.6", 1, zone + tail},
		{"service ~ nothing", 0, tail},
		{"dst.ip = 192.0.9.0/24", 1, FLOWS},
	};
	struct asking *asking = asking_new();

	(void)state;
	fill_zones(asking->keeping);
	assert_int_equal(keeping_ask(asking->keeping, "SELECT count(*) FROM zone"), FLOWS / zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint64_t rows = rows_to_read(asking, cases[i].filter);

		if (rows < cases[i].flows || rows > cases[i].most)
			fail_msg("%s: %llu rows are read", cases[i].filter,
				 (unsigned long long)rows);
		assert_int_equal(run(asking), 0);
		if (asking->answer.matched != cases[i].flows)
			fail_msg("%s: %llu flows", cases[i].filter,
				 (unsigned long long)asking->answer.matched);
	}
	asking_free(asking);
}

static bool always(void *unused)
{
	(void)unused;
	return true;
}

static void test_a_search_ends_when_nobody_waits_or_time_is_up(void **state)
{
	struct asking *asking = asking_new();

	(void)state;
	for (int i = 0; i < 300; i++) {
		for (uint32_t k = 1; k < 250; k++) {
			keeping_begin(asking->keeping, k, (uint64_t)i * 250 + k);
			keeping_move(asking->keeping, k, FB_UP, 10);
			keeping_end(asking->keeping, k);
		}
		keeping_pass(asking->keeping, 1);
	}
	prepare(asking, FB_PAST_PAGE, "dst.host ~ nowhere");
	asking->ask.budget_ms = 0;
	assert_int_equal(run(asking), 0);
	assert_false(asking->answer.done);
	assert_true(asking->answer.reached_ms > asking->answer.from_ms);
	prepare(asking, FB_PAST_PAGE, "dst.host ~ nowhere");
	asking->progress.is_gone = always;
	assert_int_equal(run(asking), -ECANCELED);
	asking_free(asking);
}

/* --- threads --------------------------------------------------------------------------------- */

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned int done;
};

static void done(void *waiting_)
{
	struct waiting *waiting = waiting_;

	pthread_mutex_lock(&waiting->lock);
	waiting->done++;
	pthread_cond_signal(&waiting->wake);
	pthread_mutex_unlock(&waiting->lock);
}

static void test_one_source_has_a_share_of_the_queue(void **state)
{
	struct asking *asking = asking_new();
	struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER,
				  .wake = PTHREAD_COND_INITIALIZER};
	struct fb_past_job *job[FB_PASTPOOL_SHARE + 2];
	struct fb_pastpool_counters counters;
	struct fb_pastpool *pool;

	(void)state;
	live_long(asking->keeping);
	prepare(asking, FB_PAST_PAGE, "");
	assert_int_equal(fb_pastpool_new(asking->keeping->folder, &pool), 0);
	for (unsigned int i = 0; i < FB_PASTPOOL_SHARE + 2; i++) {
		job[i] = calloc(1, sizeof(*job[i]));
		job[i]->ask = asking->ask;
		job[i]->ask.filter = NULL;
		job[i]->source = i <= FB_PASTPOOL_SHARE ? 7 : 8;
		job[i]->done = done;
		job[i]->ctx = &waiting;
		/* no thread runs yet: they wait */
		assert_int_equal(fb_pastpool_ask(pool, job[i]),
				 i == FB_PASTPOOL_SHARE ? -EBUSY : 0);
	}
	assert_int_equal(fb_pastpool_start(pool), 0);
	pthread_mutex_lock(&waiting.lock);
	while (waiting.done < FB_PASTPOOL_SHARE + 1)
		pthread_cond_wait(&waiting.wake, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	for (unsigned int i = 0; i < FB_PASTPOOL_SHARE + 2; i++) {
		assert_int_equal(job[i]->r, 0);
		assert_int_equal(job[i]->answer.matched, i == FB_PASTPOOL_SHARE ? 0 : 2);
		fb_past_job_free(job[i]);
	}
	fb_pastpool_counters(pool, &counters);
	assert_int_equal(counters.asked, FB_PASTPOOL_SHARE + 1);
	assert_int_equal(counters.refused, 1);
	fb_pastpool_free(pool);
	asking_free(asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flow_of_several_rows_is_one),
		cmocka_unit_test(test_times_may_be_far_off),
		cmocka_unit_test(test_a_fold_adds_what_each_row_added),
		cmocka_unit_test(test_pages_come_in_order),
		cmocka_unit_test(test_an_export_goes_on_where_it_was),
		cmocka_unit_test(test_a_moment_is_as_it_was),
		cmocka_unit_test(test_one_by_its_id),
		cmocka_unit_test(test_zones_that_have_nothing_of_it_are_passed_by),
		cmocka_unit_test(test_a_search_ends_when_nobody_waits_or_time_is_up),
		cmocka_unit_test(test_one_source_has_a_share_of_the_queue),
	};

	return cmocka_run_group_tests_name("pastrun", tests, NULL, NULL);
}
