/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept beside flows and their sums: windows, the event log, what operators
 * did, and when the program ran. Used by the writer's thread.
 */
#pragma once

#include "past/windows.h"
#include "store/sqldb.h"

struct fb_historylog {
	sqlite3 *db;
	sqlite3_stmt *window, *event, *audit, *run;
	int64_t run_n;
};

/* A line of the log. */
struct fb_history_event {
	int64_t time_ms;
	const char *level, *component, *message;
	/* Key, NUL, value, NUL, ..., an empty key. Those of an act are columns of the table
	 * `audit`. */
	const char *fields;
	bool is_act;
};

/* NULL: no file any more. 0 or -errno. */
int fb_historylog_use(struct fb_historylog *log, sqlite3 *db);

/* Within a transaction. */
int fb_historylog_window(struct fb_historylog *log, const struct fb_window *window);
int fb_historylog_event(struct fb_historylog *log, const struct fb_history_event *event);
/* This run begins; it is over. */
int fb_historylog_start(struct fb_historylog *log, int64_t wall_ms, const char *version);
int fb_historylog_end(struct fb_historylog *log, int64_t wall_ms, unsigned int clock_steps);

/*
 * Times without a window, outside of runs that came to their end: it did not run. From `since_ms`
 * on and before `until_ms`; of the time after the last window nothing is known yet. 0 or -errno.
 * Any connection.
 */
int fb_historylog_gaps(sqlite3 *db, int64_t since_ms, int64_t until_ms,
		       void (*gap)(void *ctx, int64_t from_ms, int64_t to_ms), void *ctx);

/*
 * Windows that began from `since_ms` on and before `until_ms`, with an id above `after`, oldest
 * first, up to `max`: how many, or -errno. Any connection.
 */
int fb_historylog_windows(sqlite3 *db, int64_t since_ms, int64_t until_ms, uint64_t after,
			  struct fb_window *list, unsigned int max);
