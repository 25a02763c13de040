/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many flows share, each once in its small table: the numbers of those that came lately are
 * remembered, with a bound, and what is not remembered is written anew. So a flood of names that
 * are all different costs a row each and no memory, and nothing has to be searched on the disk.
 * Used by the writer's thread.
 */
#pragma once

#include "store/fieldcolumns.h"
#include "store/sqldb.h"

#define FB_STARS_KEPT 16384	 /* remembered of each table, at most ... */
#define FB_STARS_TEXT (4u << 20) /* ... and bytes of them */

struct fb_stars;

/* Of a file whose layout is made. 0 or -errno. */
int fb_stars_new(sqlite3 *db, struct fb_stars **ret_stars);
/* NULL is fine. Before the file is closed. */
void fb_stars_free(struct fb_stars *stars);

/* A row of this hour has `at`: its number in each table of FB_STAR_kind and on; 0: NULL. */
int fb_stars_find(struct fb_stars *stars, const struct fb_flow_at *at, int64_t hour,
		  int64_t numbers[static FB_STAR_COUNT]);

/* No flow gets this number from here on. */
void fb_stars_forget(struct fb_stars *stars, enum fb_star star, int64_t n);

/* What was written since the last time is in the file; or it is not, and is forgotten. */
void fb_stars_commit(struct fb_stars *stars);
void fb_stars_rollback(struct fb_stars *stars);

/*
 * Look at `most` numbers more of one table, and take away those that no flow had since `hour`. 1:
 * there are more of them; 0: that was the last one, it begins anew; -errno.
 */
int fb_stars_sweep(struct fb_stars *stars, enum fb_star star, int64_t hour, int most);
