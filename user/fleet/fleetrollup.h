/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sums of a fleet's rows by the minute and by the hour, in the table "sums": by what
 * store/rollups.h tells apart (total, too, which sensors, sites and tags are added up of), the
 * sensor, its site and tags. They are made of rows an hour at a time, by somebody who does it again
 * where rows came late; each time with a number of its own, the generation. Nothing takes them as
 * they are: of an hour a generation is right if its rows are as many as there are, and the largest
 * one is the newest, for rows are never changed. So a server that dies while it adds up, or two who
 * do so at once, change no answer; a view that is filled by inserts would lack what a server did
 * not come to add when it died, for the batch that is sent again is skipped as one that it has.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/fleetquery.h"
#include "flow/fields.h"

#define FB_FLEETROLLUP_HOUR   3600u /* s */
#define FB_FLEETROLLUP_MINUTE 60u

enum fb_fleetrollup_type {
	FB_FLEETROLLUP_DATE,
	FB_FLEETROLLUP_KIND,
	FB_FLEETROLLUP_NUMBER,
	FB_FLEETROLLUP_COUNT,
	FB_FLEETROLLUP_WORD,
	FB_FLEETROLLUP_TEXT,
	FB_FLEETROLLUP_WORDS,
};

struct fb_fleetrollup_column {
	const char *name;
	enum fb_fleetrollup_type type;
};

/* Column `i` of the table, from 0 on; NULL: there are no more. */
const struct fb_fleetrollup_column *fb_fleetrollup_column(unsigned int i);

/* A field of rows as sums tell it apart; FB_FIELD_COUNT: not at all. */
void fb_fleetrollup_text(enum fb_field_id field, struct fb_buf *sql);

/* What the rows of a server are added up to. */
struct fb_fleetrollup_fill {
	const char *shard; /* the server's, of a cluster; else "" */
	int64_t hour;	   /* since 1970 */
	uint64_t generation;
};

/* Minutes of the hour, of the server's own rows; then, of these, its hour. */
void fb_fleetrollup_minutes(const struct fb_fleetrollup_fill *fill,
			    const struct fb_fleetdialect *dialect, struct fb_buf *sql);
void fb_fleetrollup_hours(const struct fb_fleetrollup_fill *fill,
			  const struct fb_fleetdialect *dialect, struct fb_buf *sql);

struct fb_fleetrollup_look {
	int64_t since_ms, until_ms;
	bool fresh; /* there is no table of sums yet */
};

/*
 * Hours from the day of `since_ms` on that are over at `until_ms` and that the server has more rows
 * of than sums: hour, rows, rows of the fullest sums, their newest generation.
 */
void fb_fleetrollup_gaps(const struct fb_fleetdialect *dialect,
			 const struct fb_fleetrollup_look *look, struct fb_buf *sql);
