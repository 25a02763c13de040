/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often both judges say the same of a connection, and how often they at least stand on the same
 * side: allow, or not. Low agreement says that the world is another than the one where the second
 * was taught: after an hour of it, it abstains, until an hour was better. Times are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FB_AGREEMENT_MINUTES 60
#define FB_AGREEMENT_LEAST   100 /* connections in that hour; of less nothing follows */
#define FB_AGREEMENT_LOW     70	 /* percent on the same side: abstain below, ... */
#define FB_AGREEMENT_BACK    75	 /* ... speak again from here */

struct fb_agreement_counts {
	uint64_t flows, same, side;
};

/* Zero it to begin. */
struct fb_agreement {
	struct fb_agreement_counts minute[FB_AGREEMENT_MINUTES]; /* by number of the minute */
	struct fb_agreement_counts all;
	int64_t first, now; /* minutes of the caller's clock */
	bool begun, abstains;
};

/* Two actions of a connection, 0 for allow, at a time (ns). Time that goes back stands still. */
void fb_agreement_add(struct fb_agreement *agreement, unsigned int rules, unsigned int learned,
		      uint64_t time_ns);

/* Of the last hour. */
struct fb_agreement_counts fb_agreement_hour(const struct fb_agreement *agreement);
