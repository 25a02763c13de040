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
	X(acts)

struct fb_erased {
#define X(name) uint64_t name;
	FB_ERASED(X)
#undef X
	bool rewritten; /* the whole file, so that no page has what was moved within it */
};
