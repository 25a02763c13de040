/* SPDX-License-Identifier: BSD-2-Clause */
/* The biggest values of a field, and the summary. */
#include <errno.h>
#include <stdlib.h>

#include "query/query_priv.h"
#include "query/values.h"
#include "util/cleanup.h"
#include "util/select.h"

struct tally {
	struct fb_value_key key;
	uint32_t count;
	uint64_t bytes, rate;
};

static int begin_top(struct fb_part *part)
{
	struct fb_values *tallies = calloc(1, sizeof(*tallies));

	part->state = tallies;
	return tallies ? fb_values_init(tallies, part->snapshot, part->ask->field,
					sizeof(struct tally))
		       : -ENOMEM;
}

static int top_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct fb_values *tallies = part->state;
	uint32_t number[FB_CHUNK];

	if (fb_values_number(tallies, rows, n, number) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct tally *tally = (struct tally *)tallies->item + number[i];
		struct fb_flow_at at;

		fb_snapshot_at(part->snapshot, rows[i], &at);
		tally->count++;
		tally->bytes += at.traffic->bytes[FB_UP] + at.traffic->bytes[FB_DOWN];
		tally->rate += fb_flow_rates(&at);
	}
	return 0;
}

static int compare_tallies(const void *a_, const void *b_, void *metric_)
{
	const enum fb_metric metric = *(const enum fb_metric *)metric_;
	const struct tally *a = *(struct tally *const *)a_, *b = *(struct tally *const *)b_;
	uint64_t x = fb_metric_of(metric, a->count, a->bytes, a->rate);
	uint64_t y = fb_metric_of(metric, b->count, b->bytes, b->rate);

	if (x != y)
		return x < y ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->key.row > b->key.row) - (a->key.row < b->key.row);
}

static int end_top(struct fb_part *part)
{
	struct fb_ask *ask = part->ask;
	struct fb_values *tallies = part->state;
	const uint32_t k = ask->n < tallies->n ? ask->n : tallies->n;
	_cleanup_free_ struct tally **order = malloc((2 * (size_t)k + 1) * sizeof(*order));
	struct fb_best best;

	if (!order)
		return -ENOMEM;
	ask->total = 0;
	fb_best_begin(&best, order, k);
	for (uint32_t i = 0; i < tallies->n; i++) {
		struct tally *tally = (struct tally *)tallies->item + i;

		if (!fb_value_is_known(&tally->key))
			continue;
		ask->total++;
		fb_best_add(&best, &tally, sizeof(tally), compare_tallies, &ask->metric);
	}
	ask->n_top = fb_best_end(&best, sizeof(*order), compare_tallies, &ask->metric);
	ask->top = calloc(ask->n_top + 1, sizeof(*ask->top));
	if (!ask->top)
		return -ENOMEM;
	for (uint32_t i = 0; i < ask->n_top; i++) {
		fb_snapshot_at(part->snapshot, order[i]->key.row, &ask->top[i].first);
		ask->top[i].known = true;
		ask->top[i].count = order[i]->count;
		ask->top[i].bytes = order[i]->bytes;
		ask->top[i].rate = order[i]->rate;
	}
	return 0;
}

static void fini_top(struct fb_part *part)
{
	if (part->state)
		fb_values_fini(part->state);
	free(part->state);
}

const struct fb_part_ops fb_part_top = {false, begin_top, top_rows, end_top, fini_top};

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
	if (!fb_flow_is_live(flow)) {
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
