/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/historyclock.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/layout.h"
#include "store/rollups.h"
#include "util/clock.h"

#define SET_MS	1000  /* a clock that moves so much against the other was set */
#define MOVE_MS 60000 /* ... so much, and what it wrote is moved */
#define STOOD_S 3600u
#define FAR_MS	86400000
#define HOUR_MS 3600000

void fb_historyclock_start(struct fb_historyclock *clock, int64_t newest_ms)
{
	*clock = (struct fb_historyclock){.last_ms = newest_ms};
}

uint32_t fb_historyclock_stood_s(const struct fb_historyclock *clock)
{
	return (uint32_t)((clock->now_ns - clock->since_ns) / FB_NS_PER_S);
}

bool fb_historyclock_has_stood(const struct fb_historyclock *clock)
{
	return fb_historyclock_stood_s(clock) >= STOOD_S;
}

bool fb_historyclock_is_settled(const struct fb_historyclock *clock)
{
	return !clock->doubted || fb_historyclock_has_stood(clock);
}

static void stand(struct fb_historyclock *clock, int64_t from_ms, uint64_t now_ns, bool doubted)
{
	clock->since_ns = now_ns;
	clock->from_ms = from_ms;
	clock->doubted = doubted;
}

struct fb_clockstep fb_historyclock_tick(struct fb_historyclock *clock, int64_t wall_ms,
					 uint64_t now_ns)
{
	const int64_t ahead_ms = wall_ms - (int64_t)(now_ns / FB_NS_PER_MS);
	const int64_t by_ms = ahead_ms - clock->ahead_ms;
	struct fb_clockstep step = {0};

	clock->now_ns = now_ns;
	if (!clock->since_ns) {
		stand(clock, wall_ms, now_ns,
		      clock->last_ms && llabs(wall_ms - clock->last_ms) > FAR_MS);
	} else if (llabs(by_ms) > SET_MS) {
		clock->steps++;
		if (llabs(by_ms) > MOVE_MS) {
			step = (struct fb_clockstep){
				.by_ms = by_ms,
				.from_ms = clock->from_ms,
				.before_ms = clock->last_ms + SET_MS,
				.moves = !fb_historyclock_has_stood(clock),
			};
			stand(clock, step.moves ? clock->from_ms + by_ms : wall_ms, now_ns,
			      llabs(by_ms) > FAR_MS);
		}
	}
	clock->ahead_ms = ahead_ms;
	clock->last_ms = wall_ms;
	return step;
}

/* --- the file --------------------------------------------------------------------------------- */

static int run_with(sqlite3 *db, const char *sql, int64_t by, int64_t from, int64_t before)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = fb_sql_prepare(db, sql, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, by);
	sqlite3_bind_int64(statement, 2, from);
	sqlite3_bind_int64(statement, 3, before);
	return fb_sql_step(statement);
}

/* By numbers below 0, so that no row stands in another's way. Zones are made again. */
static int move_flows(sqlite3 *db, const struct fb_clockstep *step)
{
	const int64_t by = step->by_ms * (1 << FB_LAYOUT_W_SHIFT);
	const int64_t from = step->from_ms << FB_LAYOUT_W_SHIFT;
	const int64_t before = step->before_ms << FB_LAYOUT_W_SHIFT;
	int r = run_with(db, "UPDATE flow SET w = -(w + ?1) WHERE w >= ?2 AND w < ?3", by, from,
			 before);

	if (r == 0)
		r = fb_sql_run(db, "UPDATE flow SET w = -w WHERE w < 0");
	if (r == 0)
		r = run_with(db, "DELETE FROM zone WHERE w_before > min(?2, ?2 + ?1) AND ?3", by,
			     from, 1);
	return r;
}

/* They are in use as late as the flows that have them. */
static int move_stars(sqlite3 *db, const struct fb_clockstep *step)
{
	char sql[100];
	int r = 0;

	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT && r == 0; star++) {
		snprintf(sql, sizeof(sql),
			 "UPDATE %s SET used = used + ?1 WHERE used BETWEEN ?2 AND ?3",
			 fb_star_name((enum fb_star)star));
		r = run_with(db, sql, step->by_ms / HOUR_MS + 1, step->from_ms / HOUR_MS,
			     step->before_ms / HOUR_MS);
	}
	return r;
}

/* To the bucket that is nearest, beside what is there; by a step below 0, for both may be one. */
#define ASIDE                                                                                      \
	"UPDATE rollup SET step = -step WHERE step = %1$u AND time >= ?2 / %1$u * %1$u AND "       \
	"time < ?3 AND ?1"
#define BACK                                                                                       \
	"INSERT INTO rollup SELECT -step, by, (time + ?1 + %1$u / 2) / %1$u * %1$u, key, flows, "  \
	"bytes_up, bytes_down, packets_up, packets_down FROM rollup WHERE step = -%1$u AND ?2 "    \
	"AND ?3 ON CONFLICT (step, by, time, key) DO UPDATE SET flows = flows + excluded.flows, "  \
	"bytes_up = bytes_up + excluded.bytes_up, bytes_down = bytes_down + "                      \
	"excluded.bytes_down, packets_up = packets_up + excluded.packets_up, packets_down = "      \
	"packets_down + excluded.packets_down"

static int move_sums(sqlite3 *db, const struct fb_clockstep *step)
{
	char aside[200], back[600];
	int r = 0;

	for (int i = 0; i < FB_ROLLUP_STEPS && r == 0; i++) {
		snprintf(aside, sizeof(aside), ASIDE, fb_rollup_steps[i]);
		snprintf(back, sizeof(back), BACK, fb_rollup_steps[i]);
		r = run_with(db, aside, 1, step->from_ms / 1000, step->before_ms / 1000 + 1);
		if (r == 0)
			r = run_with(db, back, step->by_ms / 1000, 1, 1);
	}
	return r < 0 ? r : fb_sql_run(db, "DELETE FROM rollup WHERE step < 0");
}

static int move_all(sqlite3 *db, const struct fb_clockstep *step)
{
	int r = move_flows(db, step);

	if (r == 0)
		r = move_stars(db, step);
	if (r == 0)
		r = move_sums(db, step);
	if (r == 0)
		r = run_with(db,
			     "UPDATE window SET start_ms = start_ms + ?1, end_ms = end_ms + ?1 "
			     "WHERE start_ms >= ?2 AND start_ms < ?3",
			     step->by_ms, step->from_ms, step->before_ms);
	return r < 0 ? r : fb_sql_run(db, "COMMIT");
}

int fb_historyclock_move(sqlite3 *db, const struct fb_clockstep *step)
{
	int r = fb_sql_run(db, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	r = move_all(db, step);
	if (r < 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}
