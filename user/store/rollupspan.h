/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which buckets a period is read from: whole ones of the coarsest step, and at its edges finer ones
 * as far as they are kept.
 */
#pragma once

#include "store/rollups.h"

struct fb_rollup_stretch {
	unsigned int step; /* seconds */
	int64_t from, to;  /* of bucket beginnings, seconds since 1970; `to` is not part of it */
};

/* What there is of a step; to 0: nothing. */
struct fb_rollup_kept {
	int64_t from, to;
};

#define FB_ROLLUP_STRETCHES (2 * FB_ROLLUP_STEPS)

/* None coarser than `most` seconds. Returns how many; they adjoin, oldest first. */
unsigned int fb_rollup_span(const struct fb_rollup_kept kept[static FB_ROLLUP_STEPS],
			    unsigned int most, int64_t since, int64_t until,
			    struct fb_rollup_stretch list[static FB_ROLLUP_STRETCHES]);
