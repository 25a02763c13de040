/* SPDX-License-Identifier: BSD-2-Clause */
/* What the query files share: which flows take part, what is counted, the parts of a pass. */
#pragma once

#include "query/query.h"
#include "util/index.h"

static inline bool fb_query_lives(const struct fb_query *query, const struct fb_flow *flow)
{
	return query->live == FB_LIVE_BOTH ||
	       (query->live == FB_LIVE_CLOSED) != fb_flow_is_live(flow);
}

/* Live, scope and since; the filter comes after. */
static inline bool fb_query_takes(const struct fb_query *query, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	if (!fb_query_lives(query, flow))
		return false;
	if (query->scope != FB_SCOPE_ALL && flow->scope != query->scope)
		return false;
	if (query->since_ms &&
	    fb_snapshot_wall_ms(at->snapshot, at->traffic->last_seen) < query->since_ms)
		return false;
	return !query->until_ms ||
	       fb_snapshot_wall_ms(at->snapshot, flow->first_seen) <= query->until_ms;
}

static inline bool fb_query_matches(const struct fb_query *query, const struct fb_flow_at *at)
{
	return fb_query_takes(query, at) && fb_filter_match(query->filter, at);
}

/* `rate` in bytes a second, by direction. */
void fb_totals_add(struct fb_query_totals *totals, const struct fb_flow_at *at,
		   const uint64_t rate[static 2]);

static inline uint64_t fb_metric_of(enum fb_metric metric, uint64_t flows, uint64_t bytes,
				    uint64_t rate)
{
	return metric == FB_METRIC_COUNT ? flows : metric == FB_METRIC_BYTES ? bytes : rate;
}

/*
 * How many different addresses: exactly up to FB_DISTINCT_EXACT, then by a bitmap of their hashes,
 * within 0.5 % up to a million and 2 % up to four: to keep a million costs more than all the rest
 * of a query.
 */
#define FB_DISTINCT_EXACT 8000

struct fb_distinct {
	struct fb_index index;
	struct {
		uint8_t addr[16], family;
	} *addr;
	uint32_t n, size;
	uint64_t *bits;	 /* NULL while the list does */
	uint32_t n_bits; /* that are set */
};

int fb_distinct_init(struct fb_distinct *distinct);
void fb_distinct_fini(struct fb_distinct *distinct);
int fb_distinct_add(struct fb_distinct *distinct, const uint8_t addr[static 16], uint8_t family);
uint64_t fb_distinct_count(const struct fb_distinct *distinct);

/* What the records of a chunk moved a second, worked out once for all that ask: by record %
 * FB_CHUNK.
 */
struct fb_chunk_rates {
	uint64_t bytes[FB_CHUNK][2];
};

/* Of the chunk that begins with this record. */
void fb_chunk_rates(const struct fb_snapshot *snapshot, uint32_t from,
		    struct fb_chunk_rates *ret_rates);

/* One question's share of a pass; `rows` is told all records of a chunk that its query matches. */
struct fb_part {
	struct fb_ask *ask;
	struct fb_snapshot *snapshot;
	const struct fb_chunk_rates *rates; /* of the chunk that `rows` is told of */
	void *state;
};

struct fb_part_ops {
	bool wants_totals; /* the answer is a result, with its totals */
	int (*begin)(struct fb_part *part);
	int (*rows)(struct fb_part *part, const struct fb_rows *rows);
	int (*end)(struct fb_part *part);
	void (*fini)(struct fb_part *part); /* also after a `begin` that failed */
};

extern const struct fb_part_ops fb_part_flows, fb_part_groups, fb_part_top, fb_part_summary;
