/* SPDX-License-Identifier: BSD-2-Clause */
/* What the query files share: which flows take part, sets of hashes, groups by any field. */
#pragma once

#include "util/hash.h"
#include "query/query.h"

/* Live, scope and since; the filter comes after. */
bool fb_query_takes(const struct fb_query *query, const struct fb_flow_at *at);

static inline bool fb_query_matches(const struct fb_query *query, const struct fb_flow_at *at)
{
	return fb_query_takes(query, at) && fb_filter_match(query->filter, at);
}

void fb_totals_add(struct fb_query_totals *totals, const struct fb_flow_at *at);

/* A set of 64-bit hashes. */
struct fb_set {
	uint64_t *slot; /* 0: empty */
	uint32_t mask, n;
};

int fb_set_init(struct fb_set *set);
void fb_set_fini(struct fb_set *set);
/* 1: new, 0: was there; -ENOMEM. */
int fb_set_add(struct fb_set *set, uint64_t hash);

/*
 * How many different hashes: exactly up to FB_DISTINCT_EXACT, then by a bitmap, within 0.5 % up to
 * a million and 2 % up to four: a set of a million costs more than all the rest of a query.
 */
#define FB_DISTINCT_EXACT 8000

struct fb_distinct {
	struct fb_set set;
	uint64_t *bits;	 /* NULL while the set does */
	uint32_t n_bits; /* that are set */
};

int fb_distinct_init(struct fb_distinct *distinct);
void fb_distinct_fini(struct fb_distinct *distinct);
int fb_distinct_add(struct fb_distinct *distinct, uint64_t hash);
uint64_t fb_distinct_count(const struct fb_distinct *distinct);

/* Of one value of the field: what is summed over its flows. */
struct fb_agg {
	uint64_t hash;
	uint32_t row;	/* a record that has the value */
	uint32_t place; /* on the page that is asked for; FB_NONE: on another */
	bool known;
	uint32_t flows, active, hosts;
	uint64_t packets[2], bytes[2], rate[2];
	uint64_t first_seen, last_seen;
};

struct fb_aggs {
	struct fb_agg *agg;
	uint32_t n, size;
	struct fb_index index;
	struct fb_set peers; /* pairs of value and peer */
};

int fb_aggs_init(struct fb_aggs *aggs);
void fb_aggs_fini(struct fb_aggs *aggs);
#define _cleanup_aggs_ __attribute__((__cleanup__(fb_aggs_fini)))

/* All matching flows by a field. 0 or -ENOMEM. */
int fb_aggs_collect(struct fb_aggs *aggs, const struct fb_snapshot *snapshot,
		    const struct fb_query *query, const struct fb_field *field);

/* One question's share of a pass; `rows` is told all records of a chunk that its query matches. */
struct fb_part {
	struct fb_ask *ask;
	struct fb_snapshot *snapshot;
	void *state;
};

struct fb_part_ops {
	bool wants_totals; /* the answer is a result, with its totals */
	int (*begin)(struct fb_part *part);
	int (*rows)(struct fb_part *part, const uint32_t *rows, uint32_t n);
	int (*end)(struct fb_part *part);
	void (*fini)(struct fb_part *part); /* also after a `begin` that failed */
};

extern const struct fb_part_ops fb_part_flows, fb_part_groups, fb_part_top, fb_part_summary;

/* The k first of n pointers by `compare`, in order, at the front. */
void fb_select(void **items, uint32_t n, uint32_t k,
	       int (*compare)(const void *a, const void *b, void *ctx), void *ctx);
