/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows of a snapshot a filter takes, remembered until the next one: a page asks many things
 * of the same flows, and so do those who look at the same page. A bit a record, and their sums. At
 * most 8 filters and 4 MB; who finds no room finds his flows himself, which is counted. Any thread.
 */
#pragma once

#include <stdatomic.h>

#include "query/query.h"

struct fb_matches {
	atomic_uint refs;
	uint64_t total; /* before the filter */
	bool has_totals;
	struct fb_query_totals totals;
	uint64_t bits[]; /* by record */
};

/* NULL: not remembered. To be put. */
struct fb_matches *fb_matches_find(const struct fb_snapshot *snapshot,
				   const struct fb_query *query);
/* Empty, for one who finds them himself; NULL: memory is short, or nothing is kept of this
 * snapshot. */
struct fb_matches *fb_matches_new(const struct fb_snapshot *snapshot);
/* They are what the query takes; they must not change any more. */
void fb_matches_keep(struct fb_matches *matches, const struct fb_snapshot *snapshot,
		     const struct fb_query *query);
void fb_matches_put(struct fb_matches *matches);

/* The records among from .. to - 1, at most FB_CHUNK; their number. `from` begins a chunk. */
uint32_t fb_matches_rows(const struct fb_matches *matches, uint32_t from, uint32_t to,
			 uint32_t rows[static FB_CHUNK]);

/* Do both ask about the same flows? */
bool fb_query_same_flows(const struct fb_query *a, const struct fb_query *b);
