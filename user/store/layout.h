/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a history is laid out: its tables, made of the table of fields (store/fieldcolumns.h), and
 *the view `flows`, which is all that readers know of them. The number of a layout is the file's
 * user_version; a field alone that is new makes no new one, its column is added.
 *
 *	flow	a row of a flow: w = ms of the tick << 20 | number, part, and what is its own.
 *		Numbers of the stars; times as ms before w; d_* NULL: as the counts.
 *	kind, client, server, owner, tls
 *		n, used (the hour of the last row that has this number), and the rest
 *	meta	owner, made: whose file it is
 *	rollup	store/rollups.h
 *	window	of some seconds, as past/windows.h has them; hosts as 17 bytes each
 *	event, audit
 *		the log, and what operators did; only ever added to, which triggers hold
 *	run	of the program: start, end (NULL: it was killed, or runs)
 *	kept	how many rows each kind has
 *	pages	how many pages each kind holds; the rest is of flows
 */
#pragma once

#include <stdbool.h>

#include "store/fieldcolumns.h"
#include "store/sqldb.h"

#define FB_LAYOUT_ID	  0x666c6f77 /* application_id: "flow" */
#define FB_LAYOUT_W_SHIFT 20

/* The first w of a moment, which may be as far off as one likes. */
static inline int64_t fb_layout_w(int64_t ms)
{
	return ms < INT64_MAX >> FB_LAYOUT_W_SHIFT ? ms * (1 << FB_LAYOUT_W_SHIFT) : INT64_MAX;
}

#define FB_LAYOUT_PART_S   60  /* between two rows of a flow that lives and moves */
#define FB_LAYOUT_SILENT_S 600 /* ... that does not move */

/* What a flow's row has beside its fields. */
#define FB_LAYOUT_COUNTS(X)                                                                        \
	X(bytes_up)                                                                                \
	X(bytes_down)                                                                              \
	X(packets_up)                                                                              \
	X(packets_down)

/* The page size and what else must stand before the first table. */
int fb_layout_prepare(sqlite3 *db);

/*
 * Make what is missing, in one transaction: all of it, a later layout's part, the column of a new
 * field. -EPROTONOSUPPORT: a later version of the program made it.
 */
int fb_layout_make(sqlite3 *db);

/*
 * "INSERT OR REPLACE INTO client (n, used, ...) VALUES (?1, ?2, ...)", fields in their order; of
 * `flow` (w, part, the stars' numbers, d_*, ...).
 */
int fb_layout_prepare_insert(sqlite3 *db, enum fb_star star, sqlite3_stmt **ret_statement);
/* "SELECT n, used, ... FROM client TAIL", the same columns. */
int fb_layout_prepare_select(sqlite3 *db, enum fb_star star, const char *tail,
			     sqlite3_stmt **ret_statement);

/* Lines of the log and acts may be taken out at any age, or not, as it is without: within a
 * transaction of who erases (store/erasure.h). */
int fb_layout_guard(sqlite3 *db, bool on);
