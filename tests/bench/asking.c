/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past filter flow format util
/*
 * History asked: what is there after a quarter of a second, and the time to all of it, of usual
 * questions about a day of seven, in the file that `history FLOWS FOLDER 1000` makes. asking
 * FOLDER.
 */
#include "bench/office.h"

#include "filter/filter.h"
#include "store/pastrun.h"
#include "store/sqldb.h"
#include "store/sqlfuncs.h"
#include "util/clock.h"

#define DAY_MS	 86400000
#define A_TICK	 1000u /* ends of flows; a minute passes in each */
#define FIRST_MS 250

static const struct question {
	const char *text, *sort;
	enum fb_field_id field;
	bool descending, fold;
} questions[] = {
	{"", "the newest", FB_FIELD_COUNT, false, false},
	{"", "-bytes", FB_FIELD_bytes, true, false},
	{"", "-last_seen", FB_FIELD_last_seen, true, false},
	{"src.ip = 10.0.1.199", "the newest", FB_FIELD_COUNT, false, false},
	{"dst.ip = 151.0.11.150", "-bytes", FB_FIELD_bytes, true, false},
	{"dst.host ~ cdn2990", "the newest", FB_FIELD_COUNT, false, false},
	{"dst.host = cdn2990.example427.net", "the newest", FB_FIELD_COUNT, false, false},
	{"dst.host ~ nowhere", "the newest", FB_FIELD_COUNT, false, false},
	{"dst.port = 53", "-bytes", FB_FIELD_bytes, true, false},
	{"dst.country = US", "-bytes", FB_FIELD_bytes, true, false},
	{"owner.process = curl", "the newest", FB_FIELD_COUNT, false, false},
	{"bytes > 70kB", "-bytes", FB_FIELD_bytes, true, false},
	{"", "groups src.ip", FB_FIELD_src_ip, false, true},
	{"dst.port = 443", "groups dst.host", FB_FIELD_dst_host, false, true},
	{"", "groups dst.country", FB_FIELD_dst_country, false, true},
};

static void ask(sqlite3 *db, const struct question *question, int64_t now_ms, uint32_t budget,
		struct fb_past_answer *answer, double *ret_ms)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_past_progress progress = {.rows = 0};
	struct fb_past_ask what = {.what = question->fold ? FB_PAST_FOLD : FB_PAST_PAGE,
				   .scope = FB_SCOPE_COUNT,
				   .now_ms = now_ms,
				   .since_ms = now_ms - DAY_MS,
				   .limit = 50,
				   .budget_ms = budget};
	struct fb_filter_error error;
	uint64_t begun;
	int r;

	if (fb_filter_compile(question->text, &filter, &error) < 0)
		exit(1);
	what.filter = filter;
	if (question->fold) {
		what.want[question->field] = true;
		what.want[FB_FIELD_dst_ip] = what.detail[FB_FIELD_dst_ip] = true;
		what.want[FB_FIELD_service] = what.detail[FB_FIELD_service] = true;
	} else {
		memset(what.want, true, sizeof(what.want));
		what.n_sorts = question->field != FB_FIELD_COUNT;
		what.sort[0] =
			(struct fb_past_sort){&fb_fields[question->field % FB_FIELD_COUNT], true};
	}
	begun = fb_monotonic_ns();
	r = fb_past_run(db, &what, &progress, answer, &error);
	*ret_ms = (double)(fb_monotonic_ns() - begun) / 1e6;
	if (r < 0) {
		printf("%s: %s %d\n", question->text, error.detail, r);
		exit(1);
	}
}

static void show(sqlite3 *db, const struct question *question, int64_t now_ms)
{
	struct fb_past_answer first = {.done = false}, all = {.done = false};
	double first_ms, all_ms;

	ask(db, question, now_ms, FIRST_MS, &first, &first_ms);
	ask(db, question, now_ms, 60000, &all, &all_ms);
	printf("%-34s %-18s %4u of %4u %6.0f ms %7.0f ms %9llu\n", question->text, question->sort,
	       first.snapshot->n, all.snapshot->n, first_ms, all_ms,
	       (unsigned long long)all.matched);
	fb_past_answer_fini(&first);
	fb_past_answer_fini(&all);
}

/* 10^7 of them in a week. */
static void fill(struct keeping *keeping, uint64_t flows)
{
	static struct world world;
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;

	make_world(&world);
	for (uint64_t born = 1; born <= flows;) {
		for (snapshot->n_ended = 0; snapshot->n_ended < A_TICK && born <= flows;) {
			make_flow(keeping, &world, snapshot->n_ended, born++);
			keeping_end(keeping, snapshot->n_ended);
		}
		snapshot->wall_ms += 59000;
		snapshot->now_ns += 59 * 1000000000ull;
		assert_int_equal(keeping_tick(keeping), 0);
	}
	snapshot->n_ended = 0;
}

int main(int argc, char **argv)
{
	const uint64_t flows = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
	struct keeping *keeping = keeping_new(A_TICK);
	_cleanup_sqldb_ sqlite3 *db = NULL;
	sqlite3_int64 bytes = 1ll << 30;
	char path[FB_HISTORY_PATH];

	keeping_close(keeping);
	keeping_keep_all(keeping);
	keeping_open(keeping);
	fill(keeping, flows);
	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	if (fb_sql_open(path, SQLITE_OPEN_READONLY, &db) < 0 || fb_sqlfuncs_add(db) < 0)
		return 1;
	sqlite3_file_control(db, NULL, SQLITE_FCNTL_MMAP_SIZE, &bytes);
	printf("%-34s %-18s %12s %9s %10s %9s\n", "filter", "by", "first rows", "in", "all in",
	       "flows");
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		show(db, &questions[i], keeping->fake->snapshot.wall_ms);
	keeping_free(keeping);
	return 0;
}
