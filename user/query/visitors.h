/* SPDX-License-Identifier: BSD-2-Clause */
/* Who came to the sockets that wait here, by the flows of a snapshot. Any thread that holds it. */
#pragma once

#include "flow/snapshot.h"
#include "kernel/listeners.h"

#define FB_VISITORS 5

/* From how far somebody came, the farthest. */
enum fb_visited_from {
	FB_VISITED_NOT,
	FB_VISITED_HERE, /* this host */
	FB_VISITED_INSIDE,
	FB_VISITED_OUTSIDE,
};

struct fb_visits {
	uint64_t flows;	    /* TCP: that were answered */
	uint64_t last_seen; /* ns */
	enum fb_visited_from from;
	struct fb_visitor {
		uint8_t addr[16], family;
		const struct fb_flow_name *name; /* as long as the snapshot; NULL unknown */
		uint64_t last_seen;
	} visitor[FB_VISITORS]; /* the last ones, the newest first */
	unsigned int n;
};

/* `visits` has n entries, one a listener. 0 or -ENOMEM. */
int fb_query_visitors(const struct fb_snapshot *snapshot, const struct fb_listener *listener,
		      unsigned int n, struct fb_visits *visits);
