/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of one's traces was taken out of the history, or is there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* X(name): what is counted. */
#define FB_ERASED(X)                                                                               \
	X(flows)                                                                                   \
	X(shared)                                                                                  \
	X(sums)                                                                                    \
	X(windows)                                                                                 \
	X(events)                                                                                  \
	X(acts)                                                                                    \
	X(by_name) /* of these lines and acts: a name alone says whose they are */

#define FB_ERASED_LINES 4

struct fb_erased {
#define X(name) uint64_t name;
	FB_ERASED(X)
#undef X
	char line[FB_ERASED_LINES][160]; /* some of `by_name`, of a preview alone */
	unsigned int n_lines;
	bool rewritten; /* the whole file, so that no page has what was moved within it */
};
