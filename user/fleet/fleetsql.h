/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of a fleet's flows, as statements of ClickHouse, in both its dialects. A flow is
 * the sum of its rows in the time that is asked about, and all else of it the last of them says;
 * filters look at that. Answers are in TabSeparated, a record a line. One thread.
 */
#pragma once

#include "filter/sql.h"
#include "fleet/fleetquery.h"
#include "store/pastquestion.h"

struct fb_fleetsql {
	struct fb_fleetdialect dialect; /* of who is asked, set before each statement */
	const struct fb_past_ask *ask;
	struct fb_where where;		/* the condition, in parentheses */
	size_t below;			/* of its text: what single rows have to meet; 0: all */
	struct fb_past_columns columns; /* what records have */
	enum fb_field_id field[FB_FIELD_COUNT]; /* by cell */
};

/* Cells in front of those of a record: did it end, when its last row was made, ms since 1970. */
#define FB_FLEETSQL_HEAD 2
/* Cells behind those of a fold: flows, bytes and packets up and down, first and last seen. */
#define FB_FLEETSQL_SUMS 7
/* Of totals: flows, clients, bytes and packets up and down, rows, when the first was. */
#define FB_FLEETSQL_TOTALS 8

/* 0, -EINVAL with the error, or -ENOMEM. To be given to fb_fleetsql_fini in any case. */
int fb_fleetsql_init(struct fb_fleetsql *sql, const struct fb_past_ask *ask,
		     struct fb_filter_error *ret_error);
void fb_fleetsql_fini(struct fb_fleetsql *sql);

/* Appended. */
void fb_fleetsql_totals(struct fb_fleetsql *sql, struct fb_buf *text);
void fb_fleetsql_page(struct fb_fleetsql *sql, uint32_t limit, struct fb_buf *text);
/* The largest groups; `detail`: with what is told beside (fb_past_ask.detail), else null. */
void fb_fleetsql_fold(struct fb_fleetsql *sql, bool detail, uint32_t limit, struct fb_buf *text);
