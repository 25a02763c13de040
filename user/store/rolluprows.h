/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of `rollup` that questions to it read, whichever buckets they stand in, and what of them all
 * answers have. One thread.
 */
#pragma once

#include "store/rollupask.h"
#include "store/rollupspan.h"
#include "store/sqldb.h"
#include "util/addr.h"

/* Of one or two periods, as the table `r`; its column `w` is 1 in the one before. */
struct fb_rollup_rows {
	sqlite3 *db;
	const struct fb_rollup_ask *ask;
	enum fb_rollup_by by;
	const char *key; /* NULL: all */
	struct fb_rollup_stretch list[2][FB_ROLLUP_STRETCHES];
	unsigned int n[2];
};

/* What there is of each step. 0 or -errno. */
int fb_rollup_kept(sqlite3 *db, struct fb_rollup_kept kept[static FB_ROLLUP_STEPS]);

/* In buckets of `most` seconds at most. 0 or -errno. */
int fb_rollup_rows(struct fb_rollup_rows *rows, sqlite3 *db, const struct fb_rollup_ask *ask,
		   unsigned int most);
/* The same of all keys together. */
struct fb_rollup_rows fb_rollup_rows_total(const struct fb_rollup_rows *rows);

/* `tail` goes on behind the table `r`; *ret_at is the number of its first parameter. */
int fb_rollup_prepare(const struct fb_rollup_rows *rows, const char *tail,
		      sqlite3_stmt **ret_statement, int *ret_at);

/* A key as the table has it, of what answers write. */
void fb_rollup_bind_key(sqlite3_stmt *statement, int at, enum fb_rollup_by by, const char *key);
/* As answers write it, in `buf` where it is an address; NULL: not known. */
const char *fb_rollup_key(sqlite3_stmt *statement, int column, char buf[static FB_ADDR_STRLEN]);

/* What is asked, as the first members of the answer. */
void fb_rollup_write_periods(struct fb_json *json, const struct fb_rollup_ask *ask);
void fb_rollup_write_head(struct fb_json *json, const struct fb_rollup_ask *ask);
