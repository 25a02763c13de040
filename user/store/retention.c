/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/retention.h"

#include <stdbool.h>
#include <stdio.h>

#include "store/layout.h"
#include "store/rollups.h"

#define HOUR_MS	     3600000
#define DAY_MS	     (24ll * HOUR_MS)
#define NEWEST_MS    2000
#define STEP_ROWS    8000 /* of flows, that go at once, besides twice as many as came */
#define SWEEP_ROWS   4000
#define SUMS_TICKS   60	   /* between two looks at sums */
#define STEP_BUCKETS 12	   /* of a step's sums, that go at once */
#define AHEAD_S	     86400 /* of the clock, so much and it was written by a wrong one */
#define FLOWS_SHARE  4	   /* of the file's size, below which flows do not give way alone */
#define WINDOWS_DAYS 31
#define WINDOWS_KEPT 270000 /* so many of the usual length are in 31 days */
#define EVENTS_KEPT  200000
#define AUDIT_KEPT   1000000
#define VACUUM_PAGES 128 /* that go back to the disk at once ... */
#define VACUUM_SHARE 8	 /* ... where one in so many is free */

static void end(struct fb_retention *retention)
{
	fb_sql_endp(&retention->count);
	fb_sql_endp(&retention->nth);
	fb_sql_endp(&retention->drop_flows);
	fb_sql_endp(&retention->drop_sums);
	fb_sql_endp(&retention->oldest);
	fb_sql_endp(&retention->oldest_sum);
}

int fb_retention_use(struct fb_retention *retention, sqlite3 *db)
{
	int r;

	end(retention);
	retention->db = db;
	retention->added = 0;
	retention->rows = 0;
	if (!db)
		return 0;
	r = fb_sql_prepare(db,
			   "INSERT INTO kept VALUES ('flow', ?1) ON CONFLICT (kind) DO UPDATE SET "
			   "rows = rows + excluded.rows",
			   &retention->count);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "SELECT w FROM flow WHERE w >= ?2 ORDER BY w LIMIT 1 OFFSET ?1",
				   &retention->nth);
	if (r == 0)
		r = fb_sql_prepare(db, "DELETE FROM flow WHERE w < ?1 AND w >= ?2",
				   &retention->drop_flows);
	if (r == 0)
		r = fb_sql_prepare(
			db,
			"DELETE FROM rollup WHERE step = ?1 AND by = ?2 AND time < ?3 AND "
			"time >= ?4",
			&retention->drop_sums);
	if (r == 0)
		r = fb_sql_prepare(db, "SELECT min(w) FROM flow", &retention->oldest);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "SELECT min(time) FROM rollup WHERE step = ?1 AND by = 0 AND "
				   "time >= ?2",
				   &retention->oldest_sum);
	if (r == 0)
		r = fb_sql_number(db, "SELECT rows FROM kept WHERE kind = 'flow'", 0,
				  &retention->rows);
	return r;
}

/* --- counts ----------------------------------------------------------------------------------- */

void fb_retention_add(struct fb_retention *retention, unsigned int rows)
{
	retention->added += rows;
}

void fb_retention_erased(struct fb_retention *retention, uint64_t rows)
{
	retention->added -= (int64_t)rows;
}

int fb_retention_count(struct fb_retention *retention)
{
	if (!retention->added)
		return 0;
	sqlite3_bind_int64(retention->count, 1, retention->added);
	return fb_sql_step(retention->count);
}

void fb_retention_commit(struct fb_retention *retention)
{
	retention->rows += retention->added;
	retention->came += retention->added > 0 ? retention->added : 0;
	retention->added = 0;
}

void fb_retention_rollback(struct fb_retention *retention)
{
	retention->added = 0;
}

/* --- what goes -------------------------------------------------------------------------------- */

static int64_t number(struct fb_retention *retention, const char *sql)
{
	int64_t n = 0;

	fb_sql_number(retention->db, sql, 0, &n);
	return n;
}

static int64_t row_of(sqlite3_stmt *statement, int64_t none)
{
	int64_t w = none;

	if (fb_sql_step(statement) > 0 && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		w = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return w;
}

/* Rows from `from` on and before `w`, some of them at most. */
static int drop_flows(struct fb_retention *retention, int64_t from, int64_t w)
{
	int64_t bound;
	int r;

	sqlite3_bind_int64(retention->nth, 1, STEP_ROWS + 2 * retention->came);
	sqlite3_bind_int64(retention->nth, 2, from);
	bound = row_of(retention->nth, w);
	sqlite3_bind_int64(retention->drop_flows, 1, bound < w ? bound : w);
	sqlite3_bind_int64(retention->drop_flows, 2, from);
	r = fb_sql_step(retention->drop_flows);
	if (r < 0)
		return r;
	retention->added -= sqlite3_changes(retention->db);
	retention->expired += (uint64_t)sqlite3_changes(retention->db);
	return 0;
}

static bool is_over(const struct fb_retention *retention, const struct fb_retention_by *by,
		    enum fb_history_kind kind)
{
	const uint64_t share = retention->too_large ? by->limits->bytes / FLOWS_SHARE : UINT64_MAX;
	const uint64_t bytes = fb_kindpages_bytes(by->pages, kind);

	/* where flows are few, sums give way, too: those that hold most */
	if (kind != FB_HISTORY_flows && bytes > share &&
	    fb_kindpages_bytes(by->pages, FB_HISTORY_flows) < share)
		return true;
	return bytes > by->limits->of[kind].bytes ||
	       (kind == FB_HISTORY_flows && retention->too_large);
}

/* Some buckets of a step, the first from `from_s` on and before `cut_s`. 1: there may be more. */
static int drop_buckets(struct fb_retention *retention, int step, int64_t from_s, int64_t cut_s,
			int64_t *ret_first_s)
{
	int64_t first_s, bound_s;
	int r = 0;

	sqlite3_bind_int64(retention->oldest_sum, 1, fb_rollup_steps[step]);
	sqlite3_bind_int64(retention->oldest_sum, 2, from_s);
	first_s = *ret_first_s = row_of(retention->oldest_sum, INT64_MAX);
	if (first_s >= cut_s)
		return 0;
	bound_s = first_s + (int64_t)STEP_BUCKETS * fb_rollup_steps[step];
	for (int by = 0; by < FB_ROLLUP_BYS_COUNT && r == 0; by++) {
		sqlite3_bind_int64(retention->drop_sums, 1, fb_rollup_steps[step]);
		sqlite3_bind_int64(retention->drop_sums, 2, by);
		sqlite3_bind_int64(retention->drop_sums, 3, bound_s < cut_s ? bound_s : cut_s);
		sqlite3_bind_int64(retention->drop_sums, 4, from_s);
		r = fb_sql_step(retention->drop_sums);
	}
	return r < 0 ? r : 1;
}

/* What is ahead of the clock, where that stood as long as the kind is kept; or is too much. */
static bool drops_ahead(const struct fb_history_limit *limit, const struct fb_historyclock *clock,
			bool over)
{
	return fb_historyclock_is_settled(clock) &&
	       (over || fb_historyclock_stood_s(clock) >= limit->seconds);
}

static int drop_step(struct fb_retention *retention, const struct fb_retention_by *by, int step,
		     bool over)
{
	const enum fb_history_kind kind = FB_HISTORY_seconds + (unsigned int)step;
	const struct fb_history_limit *limit = &by->limits->of[kind];
	const int64_t now_s = by->clock->last_ms / 1000;
	/* the bucket that fills, and the one before it, stay */
	int64_t cut_s = now_s - (over ? 2 * fb_rollup_steps[step] : limit->seconds), first_s;
	int r = 0;

	if (drops_ahead(limit, by->clock, over))
		r = drop_buckets(retention, step, now_s + AHEAD_S, INT64_MAX - 1, &first_s);
	if (r != 0)
		return r;
	if (!over && !fb_historyclock_is_settled(by->clock))
		cut_s = 0;
	r = drop_buckets(retention, step, 0, cut_s, &first_s);
	retention->held[kind].since_ms = first_s == INT64_MAX ? 0 : first_s * 1000;
	return r;
}

/* What is too old once a minute, and then by each tick until it is gone. */
static int drop_sums(struct fb_retention *retention, const struct fb_retention_by *by)
{
	int r = 0;

	for (int step = 0; step < FB_ROLLUP_STEPS && r >= 0; step++) {
		const enum fb_history_kind kind = FB_HISTORY_seconds + (unsigned int)step;
		const bool over = is_over(retention, by, kind);

		if (!over && !retention->due[step] && retention->ticks % SUMS_TICKS != 1)
			continue;
		fb_kindpages_turn(by->pages, kind);
		r = drop_step(retention, by, step, over);
		retention->due[step] = r > 0;
		if (r > 0)
			retention->held[kind].cut = over ? FB_HISTORY_BY_SIZE : FB_HISTORY_BY_AGE;
	}
	return r < 0 ? r : 0;
}

static int drop_log(struct fb_retention *retention, int64_t wall_ms)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		 "DELETE FROM window WHERE start_ms < %lld;"
		 "DELETE FROM window WHERE id <= (SELECT max(id) FROM window) - %d;"
		 "DELETE FROM event WHERE n < (SELECT max(n) FROM event) - %d;"
		 "DELETE FROM audit WHERE n < (SELECT max(n) FROM audit) - %d",
		 (long long)(wall_ms - WINDOWS_DAYS * DAY_MS), WINDOWS_KEPT, EVENTS_KEPT,
		 AUDIT_KEPT);
	return fb_sql_run(retention->db, sql);
}

static int sweep(struct fb_retention *retention, struct fb_stars *stars)
{
	const int64_t hour = retention->since_ms / HOUR_MS;
	int r;

	if (hour <= retention->swept_hour || !retention->since_ms)
		return 0;
	if (retention->sweeping == FB_STAR_flow)
		retention->sweeping = FB_STAR_flow + 1;
	r = fb_stars_sweep(stars, retention->sweeping, hour, SWEEP_ROWS);
	if (r != 0)
		return r < 0 ? r : 0;
	if (++retention->sweeping == FB_STAR_COUNT) {
		retention->sweeping = FB_STAR_flow;
		retention->swept_hour = hour;
	}
	return 0;
}

/* Rows of flows that are too old, or too much. */
static int drop_old_flows(struct fb_retention *retention, const struct fb_retention_by *by)
{
	const struct fb_history_limit *limit = &by->limits->of[FB_HISTORY_flows];
	const bool over = is_over(retention, by, FB_HISTORY_flows);
	/* what was written just now stays, whatever the limit */
	const int64_t age_ms = over ? NEWEST_MS : (int64_t)limit->seconds * 1000;
	const int64_t now_ms = by->clock->last_ms;
	const int64_t w = (now_ms - age_ms) << FB_LAYOUT_W_SHIFT;
	const uint64_t expired = retention->expired;
	int r = 0;

	if (drops_ahead(limit, by->clock, over))
		r = drop_flows(retention, (now_ms + AHEAD_S * 1000) << FB_LAYOUT_W_SHIFT,
			       INT64_MAX);
	if (r == 0 && expired == retention->expired && retention->since_ms &&
	    retention->since_ms << FB_LAYOUT_W_SHIFT < w &&
	    (over || fb_historyclock_is_settled(by->clock)))
		r = drop_flows(retention, INT64_MIN, w);
	if (retention->expired > expired)
		retention->held[FB_HISTORY_flows].cut =
			over ? FB_HISTORY_BY_SIZE : FB_HISTORY_BY_AGE;
	return r;
}

static int drop(struct fb_retention *retention, const struct fb_retention_by *by)
{
	int r = drop_old_flows(retention, by);

	if (r == 0)
		r = sweep(retention, by->stars);
	if (r == 0)
		r = drop_sums(retention, by);
	if (r == 0 && retention->ticks % SUMS_TICKS == 2 && fb_historyclock_is_settled(by->clock)) {
		fb_kindpages_turn(by->pages, FB_HISTORY_log);
		r = drop_log(retention, by->clock->last_ms);
	}
	fb_kindpages_turn(by->pages, FB_HISTORY_flows);
	return r < 0 ? r : fb_retention_count(retention);
}

/* Some of what is free goes back to the disk, where it is much. */
static int vacuum(struct fb_retention *retention, int64_t unused, int64_t count)
{
	char sql[64];

	if (unused <= count / VACUUM_SHARE || unused <= VACUUM_PAGES)
		return 0;
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
	return fb_sql_run(retention->db, sql);
}

void fb_retention_step(struct fb_retention *retention, const struct fb_retention_by *by)
{
	const int64_t page = number(retention, "PRAGMA page_size");
	const int64_t count = number(retention, "PRAGMA page_count");
	const int64_t unused = number(retention, "PRAGMA freelist_count");
	int r;

	retention->ticks++;
	retention->free_bytes = (uint64_t)(unused * page);
	retention->too_large = (uint64_t)((count - unused) * page) > by->limits->bytes;
	retention->since_ms = row_of(retention->oldest, 0) >> FB_LAYOUT_W_SHIFT;
	retention->held[FB_HISTORY_flows].since_ms = retention->since_ms;
	r = fb_sql_run(retention->db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = drop(retention, by);
	if (r == 0)
		r = vacuum(retention, unused, count);
	if (r == 0)
		r = fb_kindpages_write(by->pages);
	if (r == 0)
		r = fb_sql_run(retention->db, "COMMIT");
	if (r < 0) {
		sqlite3_exec(retention->db, "ROLLBACK", NULL, NULL, NULL);
		fb_stars_rollback(by->stars);
		fb_retention_rollback(retention);
		fb_kindpages_rollback(by->pages);
		return;
	}
	fb_retention_commit(retention);
	fb_kindpages_commit(by->pages);
	retention->came = 0;
}
