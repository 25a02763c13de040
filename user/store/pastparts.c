/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of flows; see the header. */
#include "store/pastparts.h"

#include <errno.h>
#include <stdlib.h>

#include "store/layout.h"
#include "store/pastrun.h"
#include "store/pastsql.h"
#include "store/sqlcells.h"
#include "store/sqldb.h"
#include "util/cleanup.h"

#define STEP_MS 600000 /* of history, between two looks whether to go on */

struct walk {
	struct fb_past_job *job;
	struct fb_pastsql sql;
	bool whole;
	fb_past_part_fn fn;
	void *ctx;
	struct fb_past_row *row;
};

static void end(struct walk *walk)
{
	fb_pastsql_fini(&walk->sql);
	free(walk->row);
}

/* A row of several tells of the time since the one before, which came this long ago at most. */
static int64_t begin_of(sqlite3_stmt *row, int64_t w_ms, bool several)
{
	const int64_t first = sqlite3_column_int64(row, FB_PASTSQL_FIRST);
	const int64_t before = w_ms - FB_LAYOUT_PART_S * 1000;

	return several && before > first ? before : first;
}

static int take_row(struct walk *walk, sqlite3_stmt *row)
{
	const int flags = sqlite3_column_int(row, FB_PASTSQL_FLAGS);
	const int64_t w_ms = sqlite3_column_int64(row, FB_PASTSQL_W) >> FB_LAYOUT_W_SHIFT;
	struct fb_past_part part = {
		.row = walk->row,
		.to_ms = sqlite3_column_int64(row, FB_PASTSQL_LAST),
		.written_ms = w_ms,
		.lives = sqlite3_column_int(row, FB_PASTSQL_PART),
	};

	walk->job->answer.rows++;
	if (walk->whole && flags & 2 &&
	    !fb_numberset_add(&walk->job->seen, (uint64_t)sqlite3_column_int64(row, FB_PASTSQL_ID)))
		return 0;
	if (!(flags & 1))
		return 0;
	for (int dir = 0; dir < 2; dir++)
		part.bytes += (uint64_t)sqlite3_column_int64(row, FB_PASTSQL_BYTES_UP + dir);
	if (!walk->whole && !part.bytes)
		return 0;
	for (unsigned int i = 0; i < walk->sql.columns.n; i++)
		fb_sqlcells_read(row, FB_PASTSQL_HEAD + (int)i, &walk->row->cell[i]);
	part.from_ms = begin_of(row, w_ms, !walk->whole && flags & 2);
	if (part.from_ms > part.to_ms)
		part.from_ms = part.to_ms;
	return walk->fn(walk->ctx, &part);
}

static int take_range(struct walk *walk, sqlite3_stmt *scan, int64_t from_ms, int64_t before_ms)
{
	const int n = (int)walk->sql.where.n;
	int r;

	sqlite3_bind_int64(scan, n + 1, fb_layout_w(from_ms));
	sqlite3_bind_int64(scan, n + 2, fb_layout_w(before_ms));
	while ((r = fb_sql_step(scan)) == 1) {
		r = take_row(walk, scan);
		if (r < 0)
			break;
	}
	sqlite3_reset(scan);
	return r;
}

static int walk_back(struct walk *walk, sqlite3_stmt *scan)
{
	struct fb_past_job *job = walk->job;
	const int64_t since = job->ask.since_ms;
	int64_t at = job->ask.until_ms;
	int r = 0;

	job->answer.reached_ms = at;
	while (r == 0 && at > since) {
		const int64_t from = at - since > STEP_MS ? at - STEP_MS : since;

		r = take_range(walk, scan, from, at);
		if (r < 0)
			break;
		at = job->answer.reached_ms = from;
		if (at > since && fb_past_gives_up(&job->progress, job->deadline_ms))
			r = -EINTR;
	}
	/* what was found until the time was up is an answer */
	return r == -EINTR && !atomic_load(&job->progress.stop) ? 0 : r;
}

int fb_past_parts(struct sqlite3 *db, struct fb_past_job *job, bool whole, fb_past_part_fn fn,
		  void *ctx)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	_cleanup_(end) struct walk walk = {.job = job, .whole = whole, .fn = fn, .ctx = ctx};
	int r;

	job->ask.what = FB_PAST_FOLD;
	job->ask.want[FB_FIELD_closed_at] = true;
	r = fb_pastsql_init(&walk.sql, &job->ask, &job->error);
	walk.row = malloc(fb_past_row_size(FB_FIELD_COUNT));
	if (!walk.row)
		return -ENOMEM;
	*walk.row = (struct fb_past_row){.columns = &walk.sql.columns, .flows = 1};
	if (r == 0)
		r = fb_pastsql_scan(db, &walk.sql, &job->ask,
				    (struct fb_pastsql_scan){.added = true}, &statement);
	return r < 0 ? r : walk_back(&walk, statement);
}
