/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which hours of a question are answered by sums (fleetrollup.h): those whose rows are all in them,
 * or are not kept any more. All else is asked of rows. One thread.
 */
#pragma once

#include "fleet/fleetrollup.h"
#include "store/rollupask.h"

struct fb_fleetplan_hour {
	int64_t hour;	 /* since 1970 */
	uint64_t rows;	 /* that its sums are of */
	bool is_covered; /* it is answered by them */
};

struct fb_fleetplan {
	unsigned int by;   /* enum fb_rollup_by that sums are read by */
	unsigned int step; /* FB_FLEETROLLUP_HOUR or _MINUTE */
	struct fb_period period[2];
	unsigned int n_periods;
	struct fb_fleetplan_hour *hour; /* ascending */
	uint32_t n;
	struct fb_buf generations; /* of those that are covered, by commas */
};

/* Of `by`, `step` and the periods; where there are no sums it has none. 0 or as fb_fleetquery_ask.
 */
int fb_fleetplan_make(struct fb_fleetquery *query, struct fb_fleetplan *plan);
void fb_fleetplan_fini(struct fb_fleetplan *plan);

/* Conditions in parentheses: of rows that are asked; of sums. */
void fb_fleetplan_rows(const struct fb_fleetplan *plan, const struct fb_fleetdialect *dialect,
		       struct fb_buf *text);
bool fb_fleetplan_has_sums(const struct fb_fleetplan *plan);
void fb_fleetplan_sums(const struct fb_fleetplan *plan, struct fb_buf *text);
