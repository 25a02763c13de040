/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fleet's flows moved in a period and in another before it, by a field: as store/rollupask.h
 * answers it of a machine's own history, and of sensors, sites and tags. Of hours that are added up
 * it is read of sums (fleetplan.h), of all else of rows: answers are the same. The largest are the
 * largest, for nothing is left out of either; bytes are of the moment that a row was made, a minute
 * after the first of them at most, and a flow counts where its first row is.
 */
#pragma once

#include "fleet/fleetplan.h"

struct fb_fleetsums_ask {
	const char *word;	     /* as answers call what is told apart */
	enum fb_field_id field;	     /* FB_FIELD_COUNT: nothing is, it is of all */
	const char *tag;	     /* its value, of the tags; NULL: the field's */
	bool once;		     /* as of fb_past_ask: of rows alone */
	struct fb_rollup_ask rollup; /* its `by`: of sums, total where sensors are told apart */
};

/* How well connections did that ended in the period, as store/pastquality.h has it. 0, as below. */
int fb_fleetquality_write(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			  struct fb_json *json);

/* As those of store/rollupask.h. 0, or as of fb_fleetquery_ask. */
int fb_fleetsums_write_top(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			   struct fb_json *json);
int fb_fleetsums_write_series(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			      struct fb_json *json);
int fb_fleetsums_write_heat(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			    int ahead, struct fb_json *json);

/* --- what these share ------------------------------------------------------------------------- */

/* A plan of sums whose points have so many seconds, or are hours of a clock that is `ahead`. */
int fb_fleetsums_plan(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
		      unsigned int width, int ahead, struct fb_fleetplan *plan);
/*
 * "(SELECT ms, key, flows, bytes_up, ..., rows FROM ...)" of rows and sums; `total`: of all,
 * without regard to the key.
 */
void fb_fleetsums_from(const struct fb_fleetsums_ask *ask, const struct fb_fleetplan *plan,
		       const struct fb_fleetdialect *dialect, bool total, struct fb_buf *text);
/* What rows are told apart by, as a text. */
void fb_fleetsums_key_of_rows(const struct fb_fleetsums_ask *ask, struct fb_buf *text);
/* What a tag says: "region=north" of the tags is north, "" where there is none. */
void fb_fleetsums_tag(const char *tag, struct fb_buf *text);

/* 'TEXT' */
void fb_fleetsums_quoted(struct fb_buf *text, const char *value);
/* As answers have it; NULL: not known. */
const char *fb_fleetsums_key(const struct fb_fleetsums_ask *ask, const char *key);
void fb_fleetsums_head(struct fb_json *json, const struct fb_fleetsums_ask *ask);
