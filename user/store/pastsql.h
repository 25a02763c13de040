/* SPDX-License-Identifier: BSD-2-Clause */
/* The statements that a question to history is made of. Constant once made; one thread. */
#pragma once

#include <sqlite3.h>

#include "filter/sql.h"
#include "store/pastquestion.h"

/* What a scan's statement answers in front of its cells. */
enum fb_pastsql_head {
	FB_PASTSQL_W,
	FB_PASTSQL_ID,
	FB_PASTSQL_PART,
	FB_PASTSQL_FLAGS, /* 1: the condition holds; 2: the flow may have other rows */
	FB_PASTSQL_BYTES_UP,
	FB_PASTSQL_BYTES_DOWN,
	FB_PASTSQL_PACKETS_UP,
	FB_PASTSQL_PACKETS_DOWN,
	FB_PASTSQL_FIRST,
	FB_PASTSQL_LAST,
	FB_PASTSQL_SRC,
	FB_PASTSQL_HEAD
};

struct fb_pastsql {
	struct fb_where where;		/* the condition, in parentheses, and its parameters */
	bool always;			/* it holds for every row */
	struct fb_past_columns columns; /* what records have */
	enum fb_field_id field[FB_FIELD_COUNT]; /* by cell */
};

/* 0, -EINVAL with the error, or -ENOMEM. To be given to fb_pastsql_fini in any case. */
int fb_pastsql_init(struct fb_pastsql *sql, const struct fb_past_ask *ask,
		    struct fb_filter_error *ret_error);
void fb_pastsql_fini(struct fb_pastsql *sql);

/*
 * Rows of a range of w, the newest first; cells are the columns of records, or `by_sorts` what a
 * page is sorted by. `added`: counts are what each row added. `all`: rows that the condition does
 * not hold for are answered as well.
 */
struct fb_pastsql_scan {
	bool by_sorts, added, all;
};
int fb_pastsql_scan(sqlite3 *db, const struct fb_pastsql *sql, const struct fb_past_ask *ask,
		    struct fb_pastsql_scan how, sqlite3_stmt **ret_statement);
/* The columns of records of one row: parameter 1 is its w; `part` is in front. */
int fb_pastsql_row(sqlite3 *db, const struct fb_pastsql *sql, sqlite3_stmt **ret_statement);
