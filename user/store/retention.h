/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes out of the history, by age and bytes of each kind, in steps of some milliseconds behind
 * each tick; and how many rows it has, which would take long to count. Used by the writer's thread.
 */
#pragma once

#include "store/historyclock.h"
#include "store/historystate.h"
#include "store/kindpages.h"
#include "store/sqldb.h"
#include "store/stars.h"

struct fb_retention {
	sqlite3 *db;
	sqlite3_stmt *count, *nth, *drop_flows, *drop_sums, *oldest, *oldest_sum;
	int64_t rows, added;			       /* of flows; since the last commit */
	int64_t came;				       /* since the last step */
	int64_t since_ms;			       /* oldest row of a flow; 0: none */
	struct fb_history_held held[FB_HISTORY_KINDS]; /* but for the bytes */
	bool too_large;				       /* the file */
	bool due[FB_ROLLUP_STEPS];		       /* sums that were too old at the last look */
	uint64_t expired, free_bytes;
	int64_t swept_hour; /* what no flow had since then is gone from the stars */
	enum fb_star sweeping;
	uint64_t ticks;
};

/* NULL: no file any more. 0 or -errno. */
int fb_retention_use(struct fb_retention *retention, sqlite3 *db);

/* Rows of flows are written; what is told to the file within the transaction; it went through. */
void fb_retention_add(struct fb_retention *retention, unsigned int rows);
/* ... or were taken away by somebody else. */
void fb_retention_erased(struct fb_retention *retention, uint64_t rows);
int fb_retention_count(struct fb_retention *retention);
void fb_retention_commit(struct fb_retention *retention);
void fb_retention_rollback(struct fb_retention *retention);

/* What it goes by; all borrowed. */
struct fb_retention_by {
	const struct fb_history_limits *limits;
	const struct fb_historyclock *clock;
	struct fb_kindpages *pages;
	struct fb_stars *stars;
};

/* A step, in a transaction of its own. What fails is done by a later one. */
void fb_retention_step(struct fb_retention *retention, const struct fb_retention_by *by);
