/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows of snapshots as rows of the table `flow`: what of each was told already, so that the sum of
 * what its rows add is what it counted. 48 bytes a record of the flow table. Used by the writer's
 * thread; all that is done between two commits is undone by a rollback, here and in the file.
 */
#pragma once

#include "flow/snapshot.h"
#include "store/sqldb.h"

struct fb_adopted;
struct fb_flowrows;

/* 0 or -ENOMEM. */
int fb_flowrows_new(struct fb_flowrows **ret_rows);
/* NULL is fine. Before the file is closed. */
void fb_flowrows_free(struct fb_flowrows *rows);

/* The file that rows go to from here on, its layout is made; NULL: none. 0 or -errno. */
int fb_flowrows_use(struct fb_flowrows *rows, sqlite3 *db);

/* Flows whose counts go on from what the last run told; borrowed, NULL: none. */
void fb_flowrows_adopt(struct fb_flowrows *rows, const struct fb_adopted *adopted);

/* Rows of this snapshot come, now or by and by. 0 or -ENOMEM. */
int fb_flowrows_begin(struct fb_flowrows *rows, const struct fb_snapshot *snapshot);
/* A flow whose end is told, for the first time or again. */
int fb_flowrows_end(struct fb_flowrows *rows, uint32_t record);
/* A flow that lives: 1: a row was due, or it is `at_once` and it moved; 0: not; -errno. */
int fb_flowrows_live(struct fb_flowrows *rows, uint32_t record, bool at_once);

/* After a commit. Rows of [from_ms, before_ms) went to another time with fb_historyclock_move. */
struct fb_clockstep;
void fb_flowrows_moved(struct fb_flowrows *rows, const struct fb_clockstep *step);
/* Rows stand at a time that is still to come, for the clock was set back. */
bool fb_flowrows_are_held(const struct fb_flowrows *rows, int64_t wall_ms);
/* ... and do so no longer: they go among what is there. 0 or -errno. */
int fb_flowrows_follow(struct fb_flowrows *rows, int64_t wall_ms);
/* The `w` of the last row. */
int64_t fb_flowrows_last(const struct fb_flowrows *rows);

void fb_flowrows_commit(struct fb_flowrows *rows);
void fb_flowrows_rollback(struct fb_flowrows *rows);

struct fb_stars *fb_flowrows_stars(struct fb_flowrows *rows);
