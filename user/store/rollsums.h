/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What flows move, summed by the fields of store/rollups.h, and written as the table `rollup` each
 * ten seconds. What a flow moved is added once: 40 bytes a record of the flow table tell how much
 * was. Keys are bounded: in memory, and of each bucket that is over. Used by the writer's thread.
 */
#pragma once

#include "flow/snapshot.h"
#include "store/kindpages.h"
#include "store/rollups.h"
#include "store/sqldb.h"

#define FB_ROLLSUMS_KEYS 8192 /* told apart in ten seconds; what comes then is "other" */

struct fb_adopted;
struct fb_rollsums;

/* 0 or -errno. */
int fb_rollsums_new(struct fb_rollsums **ret_sums);
/* NULL is fine. */
void fb_rollsums_free(struct fb_rollsums *sums);

/* The file that they go to from here on; NULL: none. 0 or -errno. */
int fb_rollsums_use(struct fb_rollsums *sums, sqlite3 *db);

/* As fb_flowrows_adopt. */
void fb_rollsums_adopt(struct fb_rollsums *sums, const struct fb_adopted *adopted);

/*
 * Add a tick, once. *ret_due: a bucket is over, and is to be written before the next tick, or it is
 * lost. 0 or -ENOMEM.
 */
int fb_rollsums_tick(struct fb_rollsums *sums, const struct fb_snapshot *snapshot, bool *ret_due);
/* The bucket is over, though its time is not: there is no other tick. */
void fb_rollsums_end(struct fb_rollsums *sums, const struct fb_snapshot *snapshot);

/* Write the bucket that is over, within a transaction; how many rows, or -errno. `pages` is told
 * whose they are.
 */
int fb_rollsums_write(struct fb_rollsums *sums, struct fb_kindpages *pages);
/* ... and the transaction is through. */
void fb_rollsums_commit(struct fb_rollsums *sums);

/* The clock was set by so much, and what the bucket has is of the new time. */
void fb_rollsums_moved(struct fb_rollsums *sums, int64_t by_s);
/* The bucket that fills is of a time to come, and is of now from here on. */
void fb_rollsums_follow(struct fb_rollsums *sums, int64_t wall_ms);

/* Flows that found no room among the keys, so far. */
uint64_t fb_rollsums_others(const struct fb_rollsums *sums);
