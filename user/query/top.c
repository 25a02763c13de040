/* SPDX-License-Identifier: BSD-2-Clause */
/* The biggest values of a field, and the summary. */
#include <errno.h>
#include <stdlib.h>

#include "flow/past.h"
#include "query/addrs.h"
#include "query/query_priv.h"
#include "query/values.h"
#include "util/cleanup.h"
#include "util/select.h"

struct tally {
	struct fb_value_key key;
	uint32_t count;
	uint64_t bytes, rate;
};

struct top {
	struct fb_values tallies; /* of all but what stands in addrs */
	struct fb_addrs addrs;
	bool by_addr;
	struct tally *addr; /* the biggest of addrs */
	uint32_t n_addrs;
};

static int begin_top(struct fb_part *part)
{
	const struct fb_field *field = part->ask->field;
	struct top *top = calloc(1, sizeof(*top));

	part->state = top;
	if (!top)
		return -ENOMEM;
	/* of the past a record may be several flows, which these are not counted by */
	top->by_addr = fb_addrs_are_of(field) && !part->snapshot->past;
	if (top->by_addr)
		fb_addrs_init(&top->addrs, part->snapshot, field);
	return fb_values_init(&top->tallies, part->snapshot, field, sizeof(struct tally));
}

static uint64_t bytes_of(const struct fb_traffic *traffic)
{
	return traffic->bytes[FB_UP] + traffic->bytes[FB_DOWN];
}

static uint64_t rate_of(const struct fb_part *part, uint32_t row)
{
	const uint64_t *rate = part->rates->bytes[row % FB_CHUNK];

	return rate[FB_UP] + rate[FB_DOWN];
}

static int tally_values(struct fb_part *part, const struct fb_rows *rows)
{
	struct fb_values *tallies = &((struct top *)part->state)->tallies;
	uint32_t number[FB_CHUNK];

	if (fb_values_number(tallies, rows, number) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->n; i++) {
		struct tally *tally = (struct tally *)tallies->item + number[i];

		tally->count += (uint32_t)fb_flow_at_flows(&rows->at[i]);
		tally->bytes += bytes_of(rows->at[i].traffic);
		tally->rate += rate_of(part, rows->row[i]);
	}
	return 0;
}

/* Of these only what the list is sorted by: all else is wanted of a few, at the end. */
static int weigh_addrs(struct fb_part *part, const struct fb_rows *rows, struct fb_rows *ret_other)
{
	struct top *top = part->state;
	const enum fb_metric metric = part->ask->metric;
	uint64_t weight[FB_CHUNK];

	if (metric == FB_METRIC_COUNT)
		return fb_addrs_take(&top->addrs, rows, NULL, NULL, NULL, ret_other);
	for (uint32_t i = 0; i < rows->n; i++)
		weight[i] = metric == FB_METRIC_RATE ? rate_of(part, rows->row[i])
						     : bytes_of(rows->at[i].traffic);
	return fb_addrs_take(&top->addrs, rows, weight, NULL, NULL, ret_other);
}

static int top_rows(struct fb_part *part, const struct fb_rows *rows)
{
	const struct top *top = part->state;
	struct fb_rows other;

	if (!top->by_addr)
		return tally_values(part, rows);
	if (weigh_addrs(part, rows, &other) < 0)
		return -ENOMEM;
	return other.n ? tally_values(part, &other) : 0;
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

static void add_flow(const struct fb_flow_at *at, void *tally_)
{
	struct tally *tally = tally_;

	tally->bytes += bytes_of(at->traffic);
	tally->rate += fb_flow_rates(at);
}

/* The biggest k of the addresses, and all that is told of them. */
static int tally_addrs(struct fb_part *part, uint32_t k)
{
	_cleanup_free_ struct fb_addr_sum *sum = malloc((2 * (size_t)k + 1) * sizeof(*sum));
	struct fb_ask *ask = part->ask;
	struct top *top = part->state;
	uint32_t total;
	int n;

	top->addr = calloc((size_t)k + 1, sizeof(*top->addr));
	if (!sum || !top->addr)
		return -ENOMEM;
	n = fb_addrs_first(&top->addrs, k, true, sum, &total);
	for (int i = 0; i < n; i++) {
		struct tally *tally = &top->addr[top->n_addrs++];

		tally->key = (struct fb_value_key){.row = sum[i].row, .kind = FB_IPV4};
		tally->count = sum[i].count;
		fb_addrs_each(&top->addrs, sum[i].word, add_flow, tally);
	}
	ask->total += total;
	return n < 0 ? n : 0;
}

/* Of both kinds, the biggest first: in `order`, which has room for 2 * k. Their number. */
static uint32_t choose(struct fb_part *part, struct tally **order, uint32_t k)
{
	struct top *top = part->state;
	struct fb_best best;

	fb_best_begin(&best, order, k);
	for (uint32_t i = 0; i < top->n_addrs; i++) {
		struct tally *tally = &top->addr[i];

		fb_best_add(&best, &tally, sizeof(tally), compare_tallies, &part->ask->metric);
	}
	for (uint32_t i = 0; i < top->tallies.n; i++) {
		struct tally *tally = (struct tally *)top->tallies.item + i;

		if (!fb_value_is_known(&tally->key))
			continue;
		part->ask->total++;
		fb_best_add(&best, &tally, sizeof(tally), compare_tallies, &part->ask->metric);
	}
	return fb_best_end(&best, sizeof(*order), compare_tallies, &part->ask->metric);
}

static int end_top(struct fb_part *part)
{
	struct fb_ask *ask = part->ask;
	const struct top *top = part->state;
	const uint32_t most = top->by_addr ? part->snapshot->n : top->tallies.n;
	const uint32_t k = ask->n < most ? ask->n : most;
	_cleanup_free_ struct tally **order = malloc((2 * (size_t)k + 1) * sizeof(*order));

	ask->total = 0;
	if (!order || (top->by_addr && tally_addrs(part, k) < 0))
		return -ENOMEM;
	ask->n_top = choose(part, order, k);
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
	struct top *top = part->state;

	if (!top)
		return;
	fb_values_fini(&top->tallies);
	fb_addrs_fini(&top->addrs);
	free(top->addr);
	free(top);
}

const struct fb_part_ops fb_part_top = {false, begin_top, top_rows, end_top, fini_top};

/* --- the summary ----------------------------------------------------------------------------- */

/* Most flows move a few packets in a tick: how many these are a second is worked out before. */
#define FEW_PACKETS 64

struct pace {
	uint64_t pps[FEW_PACKETS];
};

static int begin_summary(struct fb_part *part)
{
	struct pace *pace = malloc(sizeof(*pace));

	part->state = pace;
	part->ask->summary = calloc(1, sizeof(*part->ask->summary));
	if (!pace || !part->ask->summary)
		return -ENOMEM;
	for (int n = 0; n < FEW_PACKETS; n++)
		pace->pps[n] = fb_per_second(n, part->snapshot);
	return 0;
}

static void add_packets(const struct pace *pace, struct fb_summary *summary,
			const struct fb_flow_at *at)
{
	for (int dir = 0; dir < 2; dir++) {
		const int32_t moved = at->traffic->moved_packets[dir];

		summary->pps[dir] +=
			moved >= 0 && moved < FEW_PACKETS ? pace->pps[moved] : fb_flow_pps(at, dir);
	}
}

static void sum_up(struct fb_summary *summary, const struct fb_flow_at *at,
		   const uint64_t rate[static 2])
{
	const struct fb_flow *flow = at->flow;

	if (!fb_flow_is_live(flow)) {
		/* What it moved in this tick, before its end, was on the wire too. */
		summary->totals.rate[FB_UP] += rate[FB_UP];
		summary->totals.rate[FB_DOWN] += rate[FB_DOWN];
		return;
	}
	summary->proto[flow->proto]++;
	summary->state[flow->proto][flow->state % FB_STATE_COUNT]++;
	summary->scope[flow->scope % FB_SCOPE_COUNT]++;
	fb_totals_add(&summary->totals, at, rate);
}

static int summary_rows(struct fb_part *part, const struct fb_rows *rows)
{
	struct fb_summary *summary = part->ask->summary;

	for (uint32_t i = 0; i < rows->n; i++) {
		add_packets(part->state, summary, &rows->at[i]);
		sum_up(summary, &rows->at[i], part->rates->bytes[rows->row[i] % FB_CHUNK]);
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
	free(part->state);
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
