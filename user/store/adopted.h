/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the last run told of flows that live on: where counting outlives the daemon (--pin) their
 * counts go on, and what was told is not told again. Used by the writer's thread.
 */
#pragma once

#include "store/sqldb.h"
#include "util/index.h"

#define FB_ADOPTED_MOST 262144 /* flows, the last ones */

struct fb_adopted_flow {
	uint64_t key; /* of a flow's id what is not the number of its record */
	int64_t w;    /* of its row, where that said its end; else 0 */
	/* Up to its last row; and up to the one before, where the last said its end. */
	uint64_t counted_bytes[2], bytes[2];
	uint32_t counted_packets[2], packets[2]; /* modulo 2^32 */
};

struct fb_adopted {
	struct fb_adopted_flow *flow;
	uint32_t n;
	struct fb_index index;
};

/* Of a file whose layout is made. 0 or -errno. */
int fb_adopted_load(struct fb_adopted *adopted, sqlite3 *db);
void fb_adopted_fini(struct fb_adopted *adopted);

/* NULL: nothing was told of it. A zeroed one has none. */
const struct fb_adopted_flow *fb_adopted_find(const struct fb_adopted *adopted, uint64_t flow_id);
