/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fleet's flows moved in a period and in another before it, by a field: as store/rollupask.h
 * answers it of a machine's own history, and of sensors and sites. All is added up of the rows, so
 * the largest are the largest; bytes are of the moment that a row was made, a minute after the
 * first of them at most. `by` of the question is not looked at.
 */
#pragma once

#include "fleet/fleetquery.h"
#include "store/rollupask.h"

struct fb_fleetsums_ask {
	const char *word;	/* as answers call what is told apart */
	enum fb_field_id field; /* FB_FIELD_COUNT: nothing is, it is of all */
	struct fb_rollup_ask rollup;
};

/* As those of store/rollupask.h. 0, or as of fb_fleetquery_ask. */
int fb_fleetsums_write_top(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			   struct fb_json *json);
int fb_fleetsums_write_series(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			      struct fb_json *json);
int fb_fleetsums_write_heat(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			    int ahead, struct fb_json *json);

/* --- what these share ------------------------------------------------------------------------- */

/* "(SELECT ms, key, ... FROM flows WHERE ...)": `total`: of all, without regard to the key. */
void fb_fleetsums_rows(const struct fb_fleetsums_ask *ask, const struct fb_fleetdialect *dialect,
		       bool total, struct fb_buf *text);
/* 'TEXT' */
void fb_fleetsums_quoted(struct fb_buf *text, const char *value);
/* As answers have it; NULL: not known. */
const char *fb_fleetsums_key(const struct fb_fleetsums_ask *ask, const char *key);
void fb_fleetsums_head(struct fb_json *json, const struct fb_fleetsums_ask *ask);
