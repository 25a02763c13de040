/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows of a snapshot a filter takes, remembered until the next one: a page asks many things
 * of the same flows, and so do those who look at the same page. A bit a record, and their sums. At
 * most 16 filters and 4 MB, a quarter of them of one source; who finds no room finds his flows
 * himself, which is counted. Any thread.
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

/* The flows of one question, by the chunk: those that another one found, or found here for others.
 */
struct fb_taking {
	const struct fb_snapshot *snapshot;
	const struct fb_query *query;
	struct fb_matches *found, *made; /* made is NULL, too, where memory is short */
	uint64_t total;			 /* before the filter */
	bool reads_names;
	bool by_live; /* nothing else but the filter tells */
};

void fb_taking_begin(struct fb_taking *taking, const struct fb_snapshot *snapshot,
		     const struct fb_query *query);
/* Those of the chunk that begins with record `from`. To be asked for each in turn. */
void fb_taking_rows(struct fb_taking *taking, uint32_t from, struct fb_rows *ret_rows);
/* All chunks were seen: others may have them. `totals` of them; NULL: not known. */
void fb_taking_end(struct fb_taking *taking, const struct fb_query_totals *totals);
void fb_taking_fini(struct fb_taking *taking);

/* Do both ask about the same flows? */
bool fb_query_same_flows(const struct fb_query *a, const struct fb_query *b);
