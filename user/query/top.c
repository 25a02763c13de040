/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The biggest values of a field, and the summary. A value has 32 bytes in a table by hash, so that
 * a flow costs one line of the cache, however many values there are.
 */
#include <errno.h>
#include <stdlib.h>

#include "query/query_priv.h"
#include "util/scope.h"
#include "flow/value.h"

#define FIRST_SLOTS 1024

struct tally {
	uint64_t hash; /* 0: free */
	uint64_t bytes, rate;
	uint32_t row, count;
};

struct top {
	enum fb_metric metric;
	struct tally *slot;
	uint32_t mask, n;
};

static int begin_top(struct fb_part *part)
{
	struct top *top = calloc(1, sizeof(*top));

	part->state = top;
	if (!top)
		return -ENOMEM;
	*top = (struct top){part->ask->metric, calloc(FIRST_SLOTS, sizeof(*top->slot)),
			    FIRST_SLOTS - 1, 0};
	return top->slot ? 0 : -ENOMEM;
}

static struct tally *probe(const struct top *top, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & top->mask;

	while (top->slot[i].hash && top->slot[i].hash != hash)
		i = (i + 1) & top->mask;
	return &top->slot[i];
}

static int grow(struct top *top)
{
	struct top larger = {.mask = top->mask * 2 + 1};

	larger.slot = calloc((size_t)larger.mask + 1, sizeof(*larger.slot));
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= top->mask; i++)
		if (top->slot[i].hash)
			*probe(&larger, top->slot[i].hash) = top->slot[i];
	free(top->slot);
	top->slot = larger.slot;
	top->mask = larger.mask;
	return 0;
}

static struct tally *tally_of(struct top *top, uint64_t hash, uint32_t row)
{
	struct tally *tally = probe(top, hash);

	if (tally->hash)
		return tally;
	if (top->n >= top->mask / 4 * 3) {
		if (grow(top) < 0)
			return NULL;
		tally = probe(top, hash);
	}
	*tally = (struct tally){.hash = hash, .row = row};
	top->n++;
	return tally;
}

/* First where they are counted, so that the slots are on their way while the rest is hashed. */
static int top_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	const struct fb_field *field = part->ask->field;
	struct top *top = part->state;
	uint64_t hash[FB_CHUNK];
	struct fb_flow_at at;
	struct fb_value value;

	for (uint32_t i = 0; i < n; i++) {
		fb_snapshot_at(part->snapshot, rows[i], &at);
		fb_field_get(field, &at, &value);
		hash[i] = value.known ? fb_value_hash(field, &value) : 0;
		__builtin_prefetch(&top->slot[hash[i] & top->mask], 1);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct tally *tally = hash[i] ? tally_of(top, hash[i], rows[i]) : NULL;

		if (!hash[i])
			continue;
		if (!tally)
			return -ENOMEM;
		fb_snapshot_at(part->snapshot, rows[i], &at);
		tally->count++;
		tally->bytes += at.traffic->bytes[0] + at.traffic->bytes[1];
		tally->rate += fb_flow_rates(&at);
	}
	return 0;
}

static uint64_t metric_of(const struct tally *tally, enum fb_metric metric)
{
	return metric == FB_METRIC_COUNT   ? tally->count
	       : metric == FB_METRIC_BYTES ? tally->bytes
					   : tally->rate;
}

static int compare_tallies(const void *a_, const void *b_, void *top_)
{
	const struct top *top = top_;
	const struct tally *a = a_, *b = b_;
	uint64_t x = metric_of(a, top->metric), y = metric_of(b, top->metric);

	if (x != y)
		return x < y ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->row > b->row) - (a->row < b->row);
}

static int end_top(struct fb_part *part)
{
	struct fb_ask *ask = part->ask;
	struct top *top = part->state;
	_cleanup_free_ struct tally **order = malloc((top->n + 1) * sizeof(*order));
	uint32_t n = 0;

	ask->n_top = ask->n < top->n ? ask->n : top->n;
	ask->total = top->n;
	ask->top = calloc(ask->n_top + 1, sizeof(*ask->top));
	if (!order || !ask->top)
		return -ENOMEM;
	for (uint32_t i = 0; i <= top->mask; i++)
		if (top->slot[i].hash)
			order[n++] = &top->slot[i];
	fb_select((void **)order, n, ask->n_top, compare_tallies, top);
	for (uint32_t i = 0; i < ask->n_top; i++) {
		fb_snapshot_at(part->snapshot, order[i]->row, &ask->top[i].first);
		ask->top[i].known = true;
		ask->top[i].count = order[i]->count;
		ask->top[i].bytes = order[i]->bytes;
		ask->top[i].rate = order[i]->rate;
	}
	return 0;
}

static void fini_top(struct fb_part *part)
{
	struct top *top = part->state;

	if (top)
		free(top->slot);
	free(top);
}

const struct fb_part_ops fb_part_top = {false, begin_top, top_rows, end_top, fini_top};

int fb_query_top(struct fb_snapshot *snapshot, const struct fb_query *query,
		 const struct fb_field *field, enum fb_metric metric, uint32_t n,
		 struct fb_top **ret_top, uint32_t *ret_n, uint64_t *ret_total)
{
	struct fb_ask ask = {
		.kind = FB_ASK_TOP, .query = query, .field = field, .metric = metric, .n = n};
	int r = fb_query_ask(snapshot, &ask, 1);

	if (r < 0)
		return r;
	*ret_top = ask.top;
	*ret_n = ask.n_top;
	*ret_total = ask.total;
	return 0;
}

/* --- the summary ----------------------------------------------------------------------------- */

static int begin_summary(struct fb_part *part)
{
	part->ask->summary = calloc(1, sizeof(*part->ask->summary));
	return part->ask->summary ? 0 : -ENOMEM;
}

static void sum_up(struct fb_summary *summary, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	for (int dir = 0; dir < 2; dir++)
		summary->pps[dir] += fb_flow_pps(at, dir);
	if (flow->closed) {
		/* What it moved in this tick, before its end, was on the wire too. */
		summary->totals.rate[FB_UP] += fb_flow_rate(at, FB_UP);
		summary->totals.rate[FB_DOWN] += fb_flow_rate(at, FB_DOWN);
		return;
	}
	summary->proto[flow->proto]++;
	summary->state[flow->proto][flow->state % FB_STATE_COUNT]++;
	summary->scope[flow->scope % FB_SCOPE_COUNT]++;
	fb_totals_add(&summary->totals, at);
}

static int summary_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		fb_snapshot_at(part->snapshot, rows[i], &at);
		sum_up(part->ask->summary, &at);
	}
	return 0;
}

static int end_summary(struct fb_part *part)
{
	(void)part;
	return 0;
}

static void fini_summary(struct fb_part *part)
{
	(void)part;
}

const struct fb_part_ops fb_part_summary = {false, begin_summary, summary_rows, end_summary,
					    fini_summary};

int fb_query_summary(struct fb_snapshot *snapshot, struct fb_summary **ret_summary)
{
	struct fb_ask ask = {.kind = FB_ASK_SUMMARY};
	int r = fb_query_ask(snapshot, &ask, 1);

	if (r == 0)
		*ret_summary = ask.summary;
	return r;
}
