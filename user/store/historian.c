/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks in transactions of some thousand rows; what does not go through is undone, here, too. */
#include "store/historian.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/adopted.h"
#include "store/flowrows.h"
#include "store/historyclock.h"
#include "store/historyerase.h"
#include "store/historyfile.h"
#include "store/layout.h"
#include "store/retention.h"
#include "store/zones.h"
#include "store/rollsums.h"
#include "util/clock.h"

#define BATCH	  20000 /* rows of a transaction */
#define REOPEN_NS (5 * FB_NS_PER_S)

/* How far a tick is written. */
struct progress {
	uint32_t ended; /* of the list of those that ended */
	uint32_t live;	/* records looked at */
	uint32_t events;
	bool sums;
};

struct fb_historian {
	const char *folder;
	sqlite3 *db; /* NULL: it is to be opened again */
	struct fb_flowrows *rows;
	struct fb_rollsums *sums;
	struct fb_historylog log;
	struct fb_retention retention;
	struct fb_kindpages pages;
	struct fb_adopted adopted;
	bool goes_on;
	struct fb_snapshot *last; /* a reference */
	uint64_t epoch;		  /* of the tick that is written */
	struct progress done, committed;
	bool sums_due, writing;
	unsigned int batch;
	struct fb_historyfile_id file;
	struct fb_historyclock clock;
	struct fb_clockstep step; /* whose rows are to be moved */
	uint64_t reopen_ns;
	struct fb_historyerase erase;
	struct fb_historian_state now; /* the writer's */
	pthread_mutex_t lock;	       /* guards what follows */
	struct fb_historian_state state;
	uint64_t lost_ends, lost_events;
};

/* --- life ------------------------------------------------------------------------------------- */

int fb_historian_new(const char *folder, const struct fb_history_limits *limits, bool goes_on,
		     struct fb_historian **ret_historian)
{
	struct fb_historian *historian = calloc(1, sizeof(*historian));
	int r;

	if (!historian)
		return -ENOMEM;
	pthread_mutex_init(&historian->lock, NULL);
	fb_historyerase_init(&historian->erase);
	historian->folder = folder;
	historian->goes_on = goes_on;
	historian->now.limits = *limits;
	r = fb_flowrows_new(&historian->rows);
	if (r == 0)
		r = fb_rollsums_new(&historian->sums);
	if (r < 0) {
		fb_historian_free(historian);
		return r;
	}
	*ret_historian = historian;
	return 0;
}

static int use_file(struct fb_historian *historian, sqlite3 *db)
{
	int r = fb_flowrows_use(historian->rows, db);

	if (r == 0)
		r = fb_rollsums_use(historian->sums, db);
	if (r == 0)
		r = fb_historylog_use(&historian->log, db);
	if (r == 0)
		r = fb_retention_use(&historian->retention, db);
	if (r == 0)
		r = fb_kindpages_use(&historian->pages, db);
	fb_historyerase_restart(&historian->erase);
	return r;
}

static void close_file(struct fb_historian *historian)
{
	use_file(historian, NULL);
	fb_sql_closep(&historian->db);
}

void fb_historian_free(struct fb_historian *historian)
{
	if (!historian)
		return;
	if (historian->db)
		fb_historylog_end(&historian->log, fb_wall_ms(), historian->clock.steps);
	fb_snapshot_put(historian->last);
	fb_historyerase_fini(&historian->erase);
	fb_flowrows_free(historian->rows);
	fb_rollsums_free(historian->sums);
	fb_adopted_fini(&historian->adopted);
	fb_historylog_use(&historian->log, NULL);
	fb_retention_use(&historian->retention, NULL);
	fb_kindpages_use(&historian->pages, NULL);
	fb_sql_closep(&historian->db);
	pthread_mutex_destroy(&historian->lock);
	free(historian);
}

/* --- what is told of it ----------------------------------------------------------------------- */

static void say(struct fb_historian *historian, const char *text)
{
	snprintf(historian->now.error, sizeof(historian->now.error), "%.255s", text);
	historian->now.error_ms = fb_wall_ms();
}

static uint64_t size_of(const char *folder, const char *suffix)
{
	char path[FB_HISTORY_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME "%s", folder, suffix);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void publish(struct fb_historian *historian)
{
	struct fb_historian_state *now = &historian->now;

	now->clock_steps = historian->clock.steps;
	now->others = fb_rollsums_others(historian->sums);
	now->bytes = size_of(historian->folder, "") + size_of(historian->folder, "-wal");
	now->expired = historian->retention.expired;
	now->kept_rows = historian->retention.rows;
	now->since_ms = historian->retention.since_ms;
	now->free_bytes = historian->retention.free_bytes;
	for (int kind = 0; kind < FB_HISTORY_KINDS; kind++)
		now->kind[kind] = (struct fb_history_held){
			.bytes = fb_kindpages_bytes(&historian->pages, kind),
			.since_ms = historian->retention.held[kind].since_ms,
			.cut = historian->retention.held[kind].cut,
		};
	pthread_mutex_lock(&historian->lock);
	historian->state = *now;
	pthread_mutex_unlock(&historian->lock);
}

void fb_historian_lost(struct fb_historian *historian, uint64_t ends, uint64_t events)
{
	pthread_mutex_lock(&historian->lock);
	historian->lost_ends += ends;
	historian->lost_events += events;
	pthread_mutex_unlock(&historian->lock);
}

void fb_historian_state(struct fb_historian *historian, struct fb_historian_state *ret_state)
{
	pthread_mutex_lock(&historian->lock);
	*ret_state = historian->state;
	ret_state->lost_ends = historian->lost_ends;
	ret_state->lost_events = historian->lost_events;
	pthread_mutex_unlock(&historian->lock);
}

int fb_historian_erase(struct fb_historian *historian, const struct fb_person *who, bool dry_run,
		       uint64_t from_ns)
{
	return fb_historyerase_ask(&historian->erase, who, dry_run, from_ns);
}

bool fb_historian_erased(struct fb_historian *historian, struct fb_erased *ret_counts)
{
	return fb_historyerase_told(&historian->erase, ret_counts);
}

/* --- the file --------------------------------------------------------------------------------- */

static int open_file(struct fb_historian *historian, struct fb_why *why)
{
	int r = fb_historyfile_open(historian->folder, &historian->db, why);

	if (r < 0)
		return r;
	if (*why->text) {
		historian->now.set_aside++;
		say(historian, why->text);
	}
	r = use_file(historian, historian->db);
	if (r == 0)
		r = fb_historylog_start(&historian->log, fb_wall_ms(), FLOWBPF_VERSION);
	if (r < 0) {
		fb_why_set(why, r, "cannot keep a history in %s: %s", historian->folder,
			   sqlite3_errmsg(historian->db));
		close_file(historian);
	}
	fb_historyfile_identify(historian->folder, &historian->file);
	historian->now.works = r == 0;
	return r;
}

int fb_historian_open(struct fb_historian *historian, struct fb_window *windows, unsigned int max,
		      unsigned int *ret_n, struct fb_why *why)
{
	int r = open_file(historian, why);
	int64_t last = 0;

	*ret_n = 0;
	if (r == 0 && historian->goes_on)
		r = fb_adopted_load(&historian->adopted, historian->db);
	if (historian->adopted.n) {
		fb_flowrows_adopt(historian->rows, &historian->adopted);
		fb_rollsums_adopt(historian->sums, &historian->adopted);
	}
	if (r == 0)
		r = fb_sql_number(historian->db, "SELECT max(id) FROM window", 0, &last);
	if (r == 0)
		r = fb_historylog_windows(historian->db, 0, INT64_MAX,
					  last > max ? (uint64_t)(last - max) : 0, windows, max);
	if (r > 0)
		*ret_n = (unsigned int)r;
	fb_historyclock_start(&historian->clock,
			      fb_flowrows_last(historian->rows) >> FB_LAYOUT_W_SHIFT);
	publish(historian);
	return r < 0 ? r : 0;
}

static int begin(struct fb_historian *historian)
{
	int r = 0;

	if (!historian->writing)
		r = fb_sql_run(historian->db, "BEGIN IMMEDIATE");
	if (r == 0)
		historian->writing = true;
	return r;
}

static int commit(struct fb_historian *historian)
{
	int r;

	if (!historian->writing)
		return 0;
	r = fb_retention_count(&historian->retention);
	if (r == 0)
		r = fb_kindpages_write(&historian->pages);
	if (r == 0)
		r = fb_sql_run(historian->db, "COMMIT");
	if (r < 0)
		return r;
	historian->writing = false;
	historian->batch = 0;
	fb_flowrows_commit(historian->rows);
	fb_retention_commit(&historian->retention);
	fb_kindpages_commit(&historian->pages);
	if (historian->done.sums && historian->sums_due) {
		fb_rollsums_commit(historian->sums);
		historian->sums_due = false;
	}
	historian->committed = historian->done;
	return 0;
}

/* A row more: a transaction has some thousand. */
static int step(struct fb_historian *historian)
{
	historian->now.rows++;
	fb_retention_add(&historian->retention, 1);
	if (++historian->batch < BATCH)
		return 0;
	return commit(historian);
}

static void rollback(struct fb_historian *historian)
{
	sqlite3_exec(historian->db, "ROLLBACK", NULL, NULL, NULL);
	historian->writing = false;
	historian->now.rows -= historian->batch;
	historian->batch = 0;
	fb_flowrows_rollback(historian->rows);
	fb_retention_rollback(&historian->retention);
	fb_kindpages_rollback(&historian->pages);
	historian->done = historian->committed;
}

/* --- a tick ----------------------------------------------------------------------------------- */

static int write_ended(struct fb_historian *historian, const struct fb_snapshot *snapshot)
{
	struct progress *done = &historian->done;
	int r = 0;

	while (done->ended < snapshot->n_ended && r == 0) {
		r = begin(historian);
		if (r == 0)
			r = fb_flowrows_end(historian->rows, snapshot->ended[done->ended]);
		if (r < 0)
			return r;
		done->ended++;
		r = step(historian);
	}
	return r;
}

/* Each second another part of the records, so that each is looked at once a minute. */
static int write_live(struct fb_historian *historian, const struct fb_snapshot *snapshot, bool all)
{
	const uint64_t n = snapshot->n, part = snapshot->epoch % FB_LAYOUT_PART_S;
	const uint32_t from = all ? 0 : (uint32_t)(n * part / FB_LAYOUT_PART_S);
	const uint32_t to = all ? snapshot->n : (uint32_t)(n * (part + 1) / FB_LAYOUT_PART_S);
	struct progress *done = &historian->done;
	int r = 0;

	while (from + done->live < to && r >= 0) {
		r = begin(historian);
		if (r == 0)
			r = fb_flowrows_live(historian->rows, from + done->live, all);
		if (r < 0)
			return r;
		done->live++;
		if (r > 0)
			r = step(historian);
	}
	return r < 0 ? r : 0;
}

static int write_sums(struct fb_historian *historian)
{
	int r = 0;

	if (!historian->sums_due || historian->done.sums)
		return 0;
	r = begin(historian);
	if (r == 0)
		r = fb_rollsums_write(historian->sums, &historian->pages);
	if (r < 0)
		return r;
	historian->now.sums += (uint64_t)r;
	historian->done.sums = true;
	return 0;
}

static int write_events(struct fb_historian *historian, const struct fb_history_event *events,
			unsigned int n)
{
	int r = 0;

	while (historian->done.events < n && r == 0) {
		r = begin(historian);
		fb_kindpages_turn(&historian->pages, FB_HISTORY_log);
		if (r == 0)
			r = fb_historylog_event(&historian->log, &events[historian->done.events]);
		historian->done.events += r == 0;
	}
	return r;
}

/* What was written by a clock that was set soon after goes to its time. */
static int move_rows(struct fb_historian *historian)
{
	int r;

	if (!historian->step.moves)
		return 0;
	r = fb_historyclock_move(historian->db, &historian->step);
	if (r == 0)
		fb_flowrows_moved(historian->rows, &historian->step);
	if (r == 0 || r == -EPROTO) /* where something stands in the way it stays where it is */
		historian->step.moves = false;
	return historian->step.moves ? r : 0;
}

/* A clock that was set back is waited for, but not for ever. */
static int follow_clock(struct fb_historian *historian)
{
	const struct fb_historyclock *clock = &historian->clock;

	if (!fb_flowrows_are_held(historian->rows, clock->last_ms) ||
	    !fb_historyclock_has_stood(clock))
		return 0;
	fb_rollsums_follow(historian->sums, clock->last_ms);
	return fb_flowrows_follow(historian->rows, clock->last_ms);
}

static int write_tick(struct fb_historian *historian, const struct fb_snapshot *snapshot,
		      const struct fb_history_event *events, unsigned int n_events, bool last)
{
	int r = move_rows(historian);

	if (r == 0)
		r = follow_clock(historian);
	if (r == 0)
		r = fb_flowrows_begin(historian->rows, snapshot);
	if (r == 0)
		r = write_ended(historian, snapshot);
	if (r == 0)
		r = write_live(historian, snapshot, last);
	if (r == 0)
		r = write_sums(historian);
	if (r == 0)
		r = write_events(historian, events, n_events);
	if (r == 0)
		r = commit(historian);
	if (r == 0)
		fb_zones_note(historian->db,
			      fb_flowrows_last(
				      historian->rows)); /* what it cannot do now it does later */
	return r;
}

/* What the disk does not take today it may take tomorrow; a file that is torn it never will. */
static int fail(struct fb_historian *historian, int error)
{
	char old[FB_HISTORY_PATH], text[FB_HISTORY_PATH + 80];

	snprintf(text, sizeof(text), "the history cannot be written: %s",
		 historian->db ? fb_sql_why(historian->db) : strerror(-error));
	historian->now.retries++;
	if (historian->db)
		rollback(historian);
	if (error == -EBADMSG) {
		close_file(historian);
		if (fb_historyfile_set_aside(historian->folder, old) == 0) {
			snprintf(text, sizeof(text),
				 "the history is torn: kept as %s, a new one is begun", old);
			historian->now.set_aside++;
		}
	}
	historian->now.works = false;
	say(historian, text);
	publish(historian);
	return -EAGAIN;
}

static int reopen(struct fb_historian *historian)
{
	struct fb_why why = {""};
	int r;

	if (historian->db)
		return 0;
	if (fb_monotonic_ns() < historian->reopen_ns)
		return -EAGAIN;
	historian->reopen_ns = fb_monotonic_ns() + REOPEN_NS;
	r = open_file(historian, &why);
	if (r < 0)
		say(historian, why.text);
	return r;
}

/*
 * Whoever deletes the file, or puts another in its place, has taken what was in it: that is said,
 * and what stands there now is opened as at the start.
 */
static int watch_file(struct fb_historian *historian)
{
	const uint64_t rows = (uint64_t)historian->retention.rows;
	struct fb_why why = {""};
	char text[sizeof(why.text) + 160];
	const char *gone;
	bool whole;

	if (!historian->db || fb_historyfile_is_there(historian->folder, &historian->file, &gone))
		return 0;
	use_file(historian, NULL);
	whole = fb_historyfile_leave(historian->folder, &historian->file, &historian->db);
	open_file(historian, &why);
	historian->now.taken_away += !whole;
	historian->now.retries++;
	if (whole)
		snprintf(text, sizeof(text), "the history %s: nothing is missing", gone);
	else
		snprintf(text, sizeof(text),
			 "the history %s: %" PRIu64 " rows of flows are lost with it, %s", gone,
			 rows, *why.text ? why.text : "a new one is begun");
	historian->now.works = false;
	say(historian, text);
	publish(historian);
	return -EAGAIN;
}

/* A step at a time: what another one would move stays while the disk does not take the first. */
static void watch_clock(struct fb_historian *historian, const struct fb_snapshot *snapshot)
{
	const struct fb_clockstep step =
		fb_historyclock_tick(&historian->clock, snapshot->wall_ms, snapshot->now_ns);

	if (!step.moves || historian->step.moves)
		return;
	historian->step = step;
	fb_rollsums_moved(historian->sums, step.by_ms / 1000);
}

/* The first time that a tick comes: what is in memory alone is done once. */
static int take_tick(struct fb_historian *historian, struct fb_snapshot *snapshot)
{
	const bool late = historian->sums_due;
	bool due;
	int r;

	if (historian->epoch == snapshot->epoch)
		return 0;
	historian->epoch = snapshot->epoch;
	historian->done = historian->committed = (struct progress){0};
	fb_snapshot_put(historian->last);
	historian->last = fb_snapshot_get(snapshot);
	watch_clock(historian, snapshot);
	r = fb_rollsums_tick(historian->sums, snapshot, &due);
	historian->now.lost_sums += due && late;
	historian->sums_due |= due;
	return r;
}

int fb_historian_tick(struct fb_historian *historian, struct fb_snapshot *snapshot,
		      const struct fb_history_event *events, unsigned int n_events)
{
	int r = take_tick(historian, snapshot);

	if (r < 0)
		return r;
	r = watch_file(historian);
	if (r < 0)
		return -EAGAIN;
	r = reopen(historian);
	if (r == 0)
		r = write_tick(historian, snapshot, events, n_events, false);
	if (r < 0)
		return fail(historian, r);
	historian->now.ends += snapshot->n_ended;
	historian->now.works = true;
	historian->now.written_ms = snapshot->wall_ms;
	/* What is too old waits for the next tick where this one was late already. */
	fb_retention_step(&historian->retention,
			  &(struct fb_retention_by){
				  .limits = &historian->now.limits,
				  .clock = &historian->clock,
				  .pages = &historian->pages,
				  .stars = fb_flowrows_stars(historian->rows),
			  });
	fb_historyerase_work(&historian->erase,
			     &(struct fb_erasure_in){historian->db, &historian->retention,
						     &historian->pages,
						     fb_flowrows_stars(historian->rows)},
			     snapshot->now_ns);
	publish(historian);
	return 0;
}

int fb_historian_window(struct fb_historian *historian, const struct fb_window *window)
{
	int r = reopen(historian);

	if (r == 0)
		r = begin(historian);
	fb_kindpages_turn(&historian->pages, FB_HISTORY_log);
	if (r == 0)
		r = fb_historylog_window(&historian->log, window);
	if (r == 0)
		r = commit(historian);
	return r < 0 ? fail(historian, r) : 0;
}

void fb_historian_flush(struct fb_historian *historian)
{
	int r;

	if (!historian->last || !historian->db)
		return;
	historian->done = historian->committed =
		(struct progress){.ended = historian->last->n_ended};
	fb_rollsums_end(historian->sums, historian->last);
	historian->sums_due = true;
	r = write_tick(historian, historian->last, NULL, 0, true);
	if (r < 0)
		fail(historian, r);
	publish(historian);
}
