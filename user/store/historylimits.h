/* SPDX-License-Identifier: BSD-2-Clause */
/* How long what is kept in the history, and how much of it. */
#pragma once

#include <stdint.h>

#include "store/rollups.h"

#define FB_HISTORY_NAME "history.db"

/* X(name): what is kept by limits of its own; sums as the steps of store/rollups.h are. */
#define FB_HISTORY_LIMITED(X)                                                                      \
	X(flows)                                                                                   \
	X(seconds)                                                                                 \
	X(minutes)                                                                                 \
	X(hours)

/* The log (events, acts, windows, runs) has a number of lines for a limit. */
enum fb_history_kind {
#define X(name) FB_HISTORY_##name,
	FB_HISTORY_LIMITED(X)
#undef X
		FB_HISTORY_log,
	FB_HISTORY_KINDS
};
#define FB_HISTORY_N_LIMITED FB_HISTORY_log
_Static_assert(FB_HISTORY_log - FB_HISTORY_seconds == FB_ROLLUP_STEPS, "a kind a step");

/* By kind. */
extern const char *const fb_history_kinds[FB_HISTORY_KINDS];

struct fb_history_limit {
	uint32_t seconds;
	uint64_t bytes; /* of pages in use */
};

struct fb_history_limits {
	struct fb_history_limit of[FB_HISTORY_N_LIMITED];
	uint64_t bytes; /* of the file; flows give way first */
};
