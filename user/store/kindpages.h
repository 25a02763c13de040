/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of the history's file each kind holds, to the page: while one kind is written or taken
 * away the number of pages in use changes by its own. Kept in the file (table `pages`), with the
 * transaction that changed it. Used by the writer's thread.
 */
#pragma once

#include "store/historylimits.h"
#include "store/sqldb.h"

struct fb_kindpages {
	sqlite3 *db;
	sqlite3_stmt *count, *unused, *keep;
	enum fb_history_kind now; /* whose are the pages that come and go */
	int64_t used, committed;  /* pages of the file, when last looked at */
	/*
	 * As of the last commit, and since. Kinds share a page where one begins: which of them it
	 * is counted for may change, so that a small one can be some pages below none.
	 */
	int64_t n[FB_HISTORY_KINDS], added[FB_HISTORY_KINDS];
	int64_t page_bytes;
};

/* The table, in a new file or in one that was made before there was any: a layout's step. */
int fb_kindpages_make(sqlite3 *db);

/* NULL: no file any more. 0 or -errno. */
int fb_kindpages_use(struct fb_kindpages *pages, sqlite3 *db);

/* From here on pages are of this kind; what changed since the last call was of the one before. */
void fb_kindpages_turn(struct fb_kindpages *pages, enum fb_history_kind kind);

uint64_t fb_kindpages_bytes(const struct fb_kindpages *pages, enum fb_history_kind kind);

/* What is told to the file within the transaction; it went through; it did not. */
int fb_kindpages_write(struct fb_kindpages *pages);
void fb_kindpages_commit(struct fb_kindpages *pages);
void fb_kindpages_rollback(struct fb_kindpages *pages);
