/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups by any field, or by two: of all of them what they are sorted by, in one pass; what is told
 * beside (sums, services, distinct peers) only of the groups of the page, in a second. Of the
 * groups that came first it is told in the first pass: the largest are among them, and often all
 * are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/past.h"
#include "query/pairparts.h"
#include "query/query_priv.h"
#include "query/values.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

struct groups;

/* Of one value of the field: what groups are sorted by. */
struct agg {
	struct fb_value_key key;
	uint32_t hosts;
	uint64_t number[]; /* by sort */
};

struct page {
	const struct fb_snapshot *snapshot;
	const struct groups *groups;
	const struct fb_sort *sort;
	unsigned int n_sorts;
};

static struct page page_of(const struct fb_snapshot *snapshot, const struct fb_query *query,
			   const struct groups *groups)
{
	static const struct fb_sort standard[] = {
		{NULL, FB_GROUP_BY_bytes, true},
		{NULL, FB_GROUP_BY_flows, true},
	};

	return (struct page){snapshot, groups, query->n_sorts ? query->sort : standard,
			     query->n_sorts ? query->n_sorts : 2};
}

static size_t size_of_agg(const struct page *page)
{
	return sizeof(struct agg) + page->n_sorts * sizeof(uint64_t);
}

static void add_number(uint64_t *number, enum fb_group_sort sort, const struct fb_flow_at *at,
		       const uint64_t rate[static 2])
{
	const struct fb_traffic *traffic = at->traffic;

	switch (sort) {
	case FB_GROUP_BY_key:
	case FB_GROUP_BY_hosts:
		break; /* by themselves */
	case FB_GROUP_BY_flows:
		*number += fb_flow_at_flows(at);
		break;
	case FB_GROUP_BY_active:
		*number += fb_flow_is_live(at->flow) ? fb_flow_at_flows(at) : 0;
		break;
	case FB_GROUP_BY_closed:
		*number += fb_flow_is_live(at->flow) ? 0 : fb_flow_at_flows(at);
		break;
	case FB_GROUP_BY_bytes:
		*number += traffic->bytes[FB_UP] + traffic->bytes[FB_DOWN];
		break;
	case FB_GROUP_BY_bytes_up:
		*number += traffic->bytes[FB_UP];
		break;
	case FB_GROUP_BY_bytes_down:
		*number += traffic->bytes[FB_DOWN];
		break;
	case FB_GROUP_BY_packets:
		*number += traffic->packets[FB_UP] + traffic->packets[FB_DOWN];
		break;
	case FB_GROUP_BY_rate:
		*number += rate[FB_UP] + rate[FB_DOWN];
		break;
	case FB_GROUP_BY_rate_up:
		*number += rate[FB_UP];
		break;
	case FB_GROUP_BY_rate_down:
		*number += rate[FB_DOWN];
		break;
	case FB_GROUP_BY_first_seen: /* 0 is none yet */
		if (!*number || at->flow->first_seen < *number)
			*number = at->flow->first_seen;
		break;
	case FB_GROUP_BY_last_seen:
		if (traffic->last_seen > *number)
			*number = traffic->last_seen;
		break;
	}
}

static void add_flow(struct fb_group *group, const struct fb_flow_at *at,
		     const uint64_t rate[static 2])
{
	const uint64_t flows = fb_flow_at_flows(at);
	const uint64_t active = fb_flow_is_live(at->flow) ? flows : 0;

	group->flows += flows;
	group->active += active;
	group->closed += flows - active;
	for (int dir = 0; dir < 2; dir++) {
		group->packets[dir] += at->traffic->packets[dir];
		group->bytes[dir] += at->traffic->bytes[dir];
		group->rate[dir] += rate[dir];
	}
	if (at->flow->first_seen < group->first_seen)
		group->first_seen = at->flow->first_seen;
	if (at->traffic->last_seen > group->last_seen)
		group->last_seen = at->traffic->last_seen;
}

/* Whom a group's hosts are: the other side of what it is grouped by. */
static const uint8_t *peer_of(const struct fb_field *field, const struct fb_flow *flow)
{
	return field->end == FB_END_DST ? flow->src : flow->dst;
}

/* What is told beside. */
struct detail {
	struct fb_group group;
	struct {
		const char *name;
		uint64_t flows;
	} service[8]; /* the rest is not told apart: the three biggest are wanted */
};

#define EARLY 256 /* groups that are counted at once */

struct groups {
	struct fb_values aggs;	   /* of two levels: of pairs of numbers of these */
	struct fb_values level[2]; /* the fields' values, where there are two levels */
	uint32_t *agg_of;	   /* by record; FB_NONE: it is not asked for */
	uint32_t *place_of;	   /* on the page, by group; FB_NONE: on another, or EARLY */
	struct fb_pairs peers;	   /* by group */
	struct detail early[EARLY];
};

static struct agg *agg_at(const struct groups *groups, uint32_t number)
{
	return (struct agg *)((char *)groups->aggs.item + number * groups->aggs.item_size);
}

static const struct fb_value_key *level_key(const struct groups *groups, int level,
					    const struct fb_value_key *pair)
{
	return (struct fb_value_key *)groups->level[level].item +
	       (level ? (uint32_t)pair->num : pair->num >> 32);
}

/* In the order of their values; of two levels, by both. */
static int compare_groups(const struct groups *groups, const struct agg *a, const struct agg *b)
{
	int order = 0;

	if (!groups->level[0].field)
		return fb_values_compare(&groups->aggs, &a->key, &b->key);
	for (int i = 0; i < 2 && !order; i++)
		order = fb_values_compare(&groups->level[i], level_key(groups, i, &a->key),
					  level_key(groups, i, &b->key));
	return order;
}

/* Of a pair: its first value. */
static bool is_known(const struct groups *groups, const struct fb_value_key *key)
{
	return fb_value_is_known(groups->level[0].field ? level_key(groups, 0, key) : key);
}

static int compare_aggs(const void *a_, const void *b_, void *page_)
{
	const struct page *page = page_;
	const struct agg *a = *(struct agg *const *)a_, *b = *(struct agg *const *)b_;

	for (unsigned int i = 0; i < page->n_sorts; i++) {
		const struct fb_sort *sort = &page->sort[i];
		const bool by_hosts = sort->group_field == FB_GROUP_BY_hosts;
		const uint64_t x = by_hosts ? a->hosts : a->number[i];
		const uint64_t y = by_hosts ? b->hosts : b->number[i];
		int order = (x > y) - (x < y);

		if (sort->group_field == FB_GROUP_BY_key)
			order = compare_groups(page->groups, a, b);
		if (order)
			return sort->descending ? -order : order;
	}
	return compare_groups(page->groups, a, b);
}

static bool sorts_by_hosts(const struct fb_query *query)
{
	for (unsigned int i = 0; i < query->n_sorts; i++)
		if (query->sort[i].group_field == FB_GROUP_BY_hosts)
			return true;
	return false;
}

static void count_service(struct detail *detail, const char *name, uint64_t flows)
{
	unsigned int least = 0;

	if (!name)
		return;
	for (unsigned int i = 0; i < 8; i++) {
		if (!detail->service[i].name)
			detail->service[i].name = name;
		if (detail->service[i].name == name) {
			detail->service[i].flows += flows;
			return;
		}
		if (detail->service[i].flows < detail->service[least].flows)
			least = i;
	}
	/* The rarest makes room and leaves its count (space saving): what is frequent stays. */
	detail->service[least].name = name;
	detail->service[least].flows += flows;
}

static void name_services(struct detail *detail)
{
	for (unsigned int k = 0; k < FB_GROUP_SERVICES; k++) {
		unsigned int best = 0;

		for (unsigned int i = 1; i < 8; i++)
			if (detail->service[i].flows > detail->service[best].flows)
				best = i;
		if (!detail->service[best].flows)
			return;
		detail->group.services[k] = detail->service[best].name;
		detail->service[best].flows = 0;
	}
}

/* A chunk's flows that are to be counted, each with the peer of its group. */
struct batch {
	uint32_t n, row[FB_CHUNK], group[FB_CHUNK];
	struct fb_pair peer[FB_CHUNK];
};

static int add_to_batch(struct groups *groups, struct batch *batch, const struct fb_flow *flow,
			uint32_t row, uint32_t group)
{
	const uint8_t *peer = peer_of(groups->aggs.field, flow);

	batch->row[batch->n] = row;
	batch->group[batch->n] = group;
	return fb_pairs_make(&groups->peers, group, peer, flow->family, &batch->peer[batch->n++]);
}

#define COUNTED (1u << 31)

/* Who has one flow has one peer: of those with more they are to be counted, or were. */
static void mark_hosts(struct groups *groups, bool counted)
{
	for (uint32_t i = 0; i < groups->aggs.n; i++) {
		struct agg *agg = agg_at(groups, i);

		if (i < EARLY)
			agg->hosts = (uint32_t)groups->early[i].group.hosts;
		else if (counted)
			agg->hosts &= ~COUNTED;
		else if (agg->hosts > 1)
			agg->hosts = COUNTED;
	}
}

/* Of the flows in groups that are to be counted. */
static int list_peers(struct groups *groups, const struct fb_snapshot *snapshot,
		      struct fb_pair_parts *parts)
{
	struct fb_pair pair;
	int r = 0;

	for (uint32_t row = 0; r == 0 && row < snapshot->n; row++) {
		const uint32_t number = groups->agg_of[row];
		const struct fb_flow *flow = fb_snapshot_flow(snapshot, row);

		if (row + FB_AHEAD < snapshot->n)
			__builtin_prefetch(fb_snapshot_flow(snapshot, row + FB_AHEAD)->src);
		if (number == FB_NONE || !(agg_at(groups, number)->hosts & COUNTED))
			continue;
		r = fb_pairs_make(&groups->peers, number, peer_of(groups->aggs.field, flow),
				  flow->family, &pair);
		fb_pair_parts_add(parts, &pair);
	}
	return r;
}

static void count_host(uint32_t group, void *groups)
{
	agg_at(groups, group)->hosts++;
}

/* The peers of every group, to sort by; then they are counted once more for the page. */
static int count_hosts(struct groups *groups, const struct page *page)
{
	_cleanup_(fb_pair_parts_fini) struct fb_pair_parts parts;
	int r = fb_pair_parts_init(&parts, page->snapshot->n);

	if (r < 0)
		return r;
	mark_hosts(groups, false);
	r = list_peers(groups, page->snapshot, &parts);
	if (r == 0)
		r = fb_pair_parts_count(&parts, count_host, groups);
	mark_hosts(groups, true);
	return r;
}

/* `rates`: of their chunk. */
static int count_batch(struct groups *groups, const struct fb_snapshot *snapshot,
		       const struct batch *batch, const struct fb_chunk_rates *rates,
		       struct detail *details, const uint32_t *place_of)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < batch->n; i++) {
		const uint32_t row = batch->row[i], group = batch->group[i];
		struct detail *detail = &details[place_of ? place_of[group] : group];
		const int r = fb_pairs_add(&groups->peers, &batch->peer[i]);

		if (r < 0)
			return r;
		fb_snapshot_at(snapshot, row, &at);
		add_flow(&detail->group, &at, rates->bytes[row % FB_CHUNK]);
		count_service(detail, at.flow->service, fb_flow_at_flows(&at));
		detail->group.hosts += (uint64_t)r;
	}
	return 0;
}

/* The records of a chunk that are of the page. */
static int page_rows(struct groups *groups, const struct fb_snapshot *snapshot, uint32_t from,
		     struct batch *batch)
{
	const uint32_t end = snapshot->n - from < FB_CHUNK ? snapshot->n : from + FB_CHUNK;
	int r = 0;

	batch->n = 0;
	for (uint32_t row = from; r == 0 && row < end; row++) {
		const uint32_t number = groups->agg_of[row];

		if (number != FB_NONE && groups->place_of[number] != FB_NONE)
			r = add_to_batch(groups, batch, fb_snapshot_flow(snapshot, row), row,
					 number);
	}
	return r;
}

/* All that is told of the groups of the page. */
static int count_page(struct groups *groups, const struct fb_snapshot *snapshot,
		      struct detail *details)
{
	struct fb_chunk_rates rates;
	struct batch batch;
	int r = 0;

	for (uint32_t from = 0; r == 0 && from < snapshot->n; from += FB_CHUNK) {
		r = page_rows(groups, snapshot, from, &batch);
		if (r < 0 || !batch.n)
			continue;
		fb_chunk_rates(snapshot, from, &rates);
		r = count_batch(groups, snapshot, &batch, &rates, details, groups->place_of);
	}
	return r;
}

/* Those that came first are counted: true if there are others. */
static bool take_early(struct groups *groups, struct agg **order, uint32_t n,
		       struct detail *details)
{
	bool more = false;

	memset(groups->place_of, 0xff, groups->aggs.n * sizeof(*groups->place_of));
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t number = groups->agg_of[order[i]->key.row];

		details[i].group.first_seen = UINT64_MAX;
		if (number < EARLY) {
			details[i] = groups->early[number];
		} else {
			groups->place_of[number] = i;
			more = true;
		}
	}
	return more;
}

static int make_page(struct groups *groups, const struct page *page, struct agg **order,
		     struct fb_result *result)
{
	_cleanup_free_ struct detail *details = calloc(result->n, sizeof(*details));
	int r = 0;

	result->groups = calloc(result->n, sizeof(*result->groups));
	groups->place_of = malloc(groups->aggs.n * sizeof(*groups->place_of));
	if (!details || !result->groups || !groups->place_of)
		return -ENOMEM;
	if (take_early(groups, order, result->n, details))
		r = count_page(groups, page->snapshot, details);
	for (uint32_t i = 0; i < result->n; i++) {
		struct fb_group *group = &result->groups[i];

		name_services(&details[i]);
		*group = details[i].group;
		fb_snapshot_at(page->snapshot, order[i]->key.row, &group->first);
		group->known = is_known(groups, &order[i]->key);
	}
	return r;
}

static int begin_levels(struct groups *groups, const struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	const struct fb_field *const fields[] = {query->group_by, query->group_then};
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = fb_values_init(&groups->level[i], part->snapshot, fields[i],
				   sizeof(struct fb_value_key));
	return r;
}

/* What these records are grouped by: the field's values, or pairs of the numbers of two. */
static int number(struct groups *groups, const struct fb_rows *rows, uint32_t *ret_number)
{
	uint32_t first[FB_CHUNK], then[FB_CHUNK];

	if (!groups->level[0].field)
		return fb_values_number(&groups->aggs, rows, ret_number);
	if (fb_values_number(&groups->level[0], rows, first) < 0 ||
	    fb_values_number(&groups->level[1], rows, then) < 0)
		return -ENOMEM;
	return fb_values_number_pairs(&groups->aggs, rows, first, then, ret_number);
}

static int begin_groups(struct fb_part *part)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	const struct page page = page_of(part->snapshot, part->ask->query, NULL);
	const size_t size = ((size_t)part->snapshot->n + 1) * sizeof(*groups->agg_of);

	part->state = groups;
	if (!groups ||
	    fb_values_init(&groups->aggs, part->snapshot, part->ask->query->group_by,
			   size_of_agg(&page)) < 0 ||
	    fb_pairs_init(&groups->peers) < 0 ||
	    (part->ask->query->group_then && begin_levels(groups, part) < 0))
		return -ENOMEM;
	groups->agg_of = fb_bulk_alloc(size);
	if (!groups->agg_of)
		return -ENOMEM;
	memset(groups->agg_of, 0xff, size);
	for (unsigned int i = 0; i < EARLY; i++)
		groups->early[i].group.first_seen = UINT64_MAX;
	return 0;
}

static int count_early(struct fb_part *part, const struct fb_rows *rows, const uint32_t *numbers)
{
	struct groups *groups = part->state;
	struct batch batch;
	int r = 0;

	batch.n = 0;
	for (uint32_t i = 0; r == 0 && i < rows->n; i++)
		if (numbers[i] < EARLY)
			r = add_to_batch(groups, &batch, rows->at[i].flow, rows->row[i],
					 numbers[i]);
	return r < 0 ? r
		     : count_batch(groups, part->snapshot, &batch, part->rates, groups->early,
				   NULL);
}

static int groups_rows(struct fb_part *part, const struct fb_rows *rows)
{
	struct groups *groups = part->state;
	const struct page page = page_of(part->snapshot, part->ask->query, groups);
	uint32_t numbers[FB_CHUNK];

	if (number(groups, rows, numbers) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->n; i++) {
		struct agg *agg = agg_at(groups, numbers[i]);

		groups->agg_of[rows->row[i]] = numbers[i];
		agg->hosts++; /* flows, until they are counted */
		for (unsigned int k = 0; k < page.n_sorts; k++)
			add_number(&agg->number[k], page.sort[k].group_field, &rows->at[i],
				   part->rates->bytes[rows->row[i] % FB_CHUNK]);
	}
	return count_early(part, rows, numbers);
}

/* So that those of the page stand from `from` on; NULL: memory is short. */
static struct agg **put_in_order(const struct groups *groups, struct page *page, uint32_t from,
				 uint32_t n)
{
	const uint32_t keep = from + n, all = groups->aggs.n;
	const bool is_first = keep < all / 8; /* a look at each in turn, and few are kept */
	struct agg **order = fb_bulk_alloc((is_first ? 2ull * keep : all) * sizeof(*order));
	struct fb_best best;

	if (!order)
		return NULL;
	fb_best_begin(&best, order, is_first ? keep : all);
	for (uint32_t i = 0; i < all; i++) {
		struct agg *agg = agg_at(groups, i);

		if (is_first)
			fb_best_add(&best, &agg, sizeof(agg), compare_aggs, page);
		else
			order[i] = agg;
	}
	fb_select(order, is_first ? best.n : all, sizeof(*order), keep, compare_aggs, page);
	fb_select(order, keep, sizeof(*order), from, compare_aggs, page);
	fb_sort(order + from, n, sizeof(*order), compare_aggs, page);
	return order;
}

static int end_groups(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	struct fb_result *result = part->ask->result;
	struct groups *groups = part->state;
	struct page page = page_of(part->snapshot, query, groups);
	const uint32_t n = groups->aggs.n;
	_cleanup_bulk_ struct agg **order = NULL;
	int r = sorts_by_hosts(query) ? count_hosts(groups, &page) : 0;

	result->n_groups = n;
	if (r < 0 || !n || !query->limit || query->offset >= n)
		return r;
	result->n = n - query->offset < query->limit ? n - query->offset : query->limit;
	order = put_in_order(groups, &page, query->offset, result->n);
	return order ? make_page(groups, &page, order + query->offset, result) : -ENOMEM;
}

static void fini_groups(struct fb_part *part)
{
	struct groups *groups = part->state;

	if (!groups)
		return;
	fb_values_fini(&groups->aggs);
	fb_values_fini(&groups->level[0]);
	fb_values_fini(&groups->level[1]);
	fb_pairs_fini(&groups->peers);
	fb_bulk_free(groups->agg_of);
	free(groups->place_of);
	free(groups);
}

const struct fb_part_ops fb_part_groups = {true, begin_groups, groups_rows, end_groups,
					   fini_groups};

void fb_group_key(const struct fb_query *query, const struct fb_group *group, unsigned int level,
		  struct fb_value *ret_value)
{
	fb_field_get(level ? query->group_then : query->group_by, &group->first, ret_value);
}
