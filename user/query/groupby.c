/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups by any field, or by two: of all of them what they are sorted by, in one pass; what is told
 * beside (sums, services, distinct peers) only of the groups of the page, in a second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "query/values.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

/* Of one value of the field: what groups are sorted by. */
struct agg {
	struct fb_value_key key;
	uint32_t hosts;
	uint64_t number[]; /* by sort */
};

struct page {
	const struct fb_snapshot *snapshot;
	const struct fb_field *field, *then;
	const struct fb_sort *sort;
	unsigned int n_sorts;
};

static struct page page_of(const struct fb_snapshot *snapshot, const struct fb_query *query)
{
	static const struct fb_sort standard[] = {
		{NULL, FB_GROUP_BY_bytes, true},
		{NULL, FB_GROUP_BY_flows, true},
	};

	return (struct page){snapshot, query->group_by, query->group_then,
			     query->n_sorts ? query->sort : standard,
			     query->n_sorts ? query->n_sorts : 2};
}

static size_t size_of_agg(const struct page *page)
{
	return sizeof(struct agg) + page->n_sorts * sizeof(uint64_t);
}

static void add_number(uint64_t *number, enum fb_group_sort sort, const struct fb_flow_at *at)
{
	const struct fb_traffic *traffic = at->traffic;

	switch (sort) {
	case FB_GROUP_BY_key:
	case FB_GROUP_BY_hosts:
		break; /* by themselves */
	case FB_GROUP_BY_flows:
		++*number;
		break;
	case FB_GROUP_BY_active:
		*number += fb_flow_is_live(at->flow);
		break;
	case FB_GROUP_BY_closed:
		*number += !fb_flow_is_live(at->flow);
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
		*number += fb_flow_rates(at);
		break;
	case FB_GROUP_BY_rate_up:
		*number += fb_flow_rate(at, FB_UP);
		break;
	case FB_GROUP_BY_rate_down:
		*number += fb_flow_rate(at, FB_DOWN);
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

static void add_flow(struct fb_group *group, const struct fb_flow_at *at)
{
	const bool live = fb_flow_is_live(at->flow);

	group->flows++;
	group->active += live;
	group->closed += !live;
	for (int dir = 0; dir < 2; dir++) {
		group->packets[dir] += at->traffic->packets[dir];
		group->bytes[dir] += at->traffic->bytes[dir];
		group->rate[dir] += fb_flow_rate(at, dir);
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

static int compare_keys(const struct page *page, const struct agg *a, const struct agg *b)
{
	const struct fb_field *const fields[] = {page->field, page->then};
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;
	int order = 0;

	fb_snapshot_at(page->snapshot, a->key.row, &at_a);
	fb_snapshot_at(page->snapshot, b->key.row, &at_b);
	for (int i = 0; i < 2 && fields[i] && !order; i++) {
		fb_field_get(fields[i], &at_a, &value_a);
		fb_field_get(fields[i], &at_b, &value_b);
		order = fb_value_compare(fields[i], &value_a, &value_b);
	}
	return order;
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
			order = compare_keys(page, a, b);
		if (order)
			return sort->descending ? -order : order;
	}
	return compare_keys(page, a, b);
}

static bool sorts_by_hosts(const struct fb_query *query)
{
	for (unsigned int i = 0; i < query->n_sorts; i++)
		if (query->sort[i].group_field == FB_GROUP_BY_hosts)
			return true;
	return false;
}

/* What is counted for the groups of one page only. */
struct detail {
	struct fb_group *group;
	struct {
		const char *name;
		uint32_t flows;
	} service[8]; /* the rest is not told apart: the three biggest are wanted */
};

static void count_service(struct detail *detail, const char *name)
{
	unsigned int least = 0;

	if (!name)
		return;
	for (unsigned int i = 0; i < 8; i++) {
		if (!detail->service[i].name)
			detail->service[i].name = name;
		if (detail->service[i].name == name) {
			detail->service[i].flows++;
			return;
		}
		if (detail->service[i].flows < detail->service[least].flows)
			least = i;
	}
	/* The rarest makes room and leaves its count (space saving): what is frequent stays. */
	detail->service[least].name = name;
	detail->service[least].flows++;
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
		detail->group->services[k] = detail->service[best].name;
		detail->service[best].flows = 0;
	}
}

struct groups {
	struct fb_values aggs;	   /* of two levels: of pairs of numbers of these */
	struct fb_values level[2]; /* the fields' values, where there are two levels */
	uint32_t *agg_of;	   /* by record; FB_NONE: it is not asked for */
	uint32_t *place_of;	   /* on the page, by group; FB_NONE: on another */
	struct fb_index peers;	   /* of groups: a record that has the pair */
};

static struct agg *agg_at(const struct groups *groups, uint32_t number)
{
	return (struct agg *)((char *)groups->aggs.item + number * groups->aggs.item_size);
}

/* 1: no flow before had this peer in this group; 0, or -ENOMEM. */
static int see_peer(struct groups *groups, const struct fb_flow_at *at, uint32_t row)
{
	const struct fb_field *field = groups->aggs.field;
	const uint8_t *peer = peer_of(field, at->flow);
	struct {
		uint8_t addr[16];
		uint64_t group;
	} pair = {.group = groups->agg_of[row]};
	struct fb_index_it it;
	uint64_t hash;
	uint32_t other;

	memcpy(pair.addr, peer, 16);
	hash = fb_hash(&pair, sizeof(pair), at->flow->family);
	it = fb_index_begin(hash);
	while (fb_index_next(&groups->peers, &it, &other)) {
		const struct fb_flow *flow = fb_snapshot_flow(at->snapshot, other);

		if (groups->agg_of[other] == groups->agg_of[row] &&
		    flow->family == at->flow->family && !memcmp(peer_of(field, flow), peer, 16))
			return 0;
	}
	return fb_index_add(&groups->peers, hash, row) < 0 ? -ENOMEM : 1;
}

/* The peers of every group, to sort by; then they are counted once more for the page. */
static int count_hosts(struct groups *groups, const struct page *page)
{
	struct fb_flow_at at;
	int r = 0;

	for (uint32_t row = 0; r >= 0 && row < page->snapshot->n; row++) {
		if (groups->agg_of[row] == FB_NONE)
			continue;
		fb_snapshot_at(page->snapshot, row, &at);
		r = see_peer(groups, &at, row);
		agg_at(groups, groups->agg_of[row])->hosts += r > 0;
	}
	fb_index_clear(&groups->peers);
	return r < 0 ? r : 0;
}

/* All that is told of the groups of the page. */
static int count_page(struct groups *groups, const struct page *page, struct detail *details)
{
	struct fb_flow_at at;

	for (uint32_t row = 0; row < page->snapshot->n; row++) {
		const uint32_t number = groups->agg_of[row];
		const uint32_t place = number == FB_NONE ? FB_NONE : groups->place_of[number];
		int r;

		if (place == FB_NONE)
			continue;
		fb_snapshot_at(page->snapshot, row, &at);
		add_flow(details[place].group, &at);
		count_service(&details[place], at.flow->service);
		r = see_peer(groups, &at, row);
		if (r < 0)
			return r;
		details[place].group->hosts += (uint64_t)r;
	}
	return 0;
}

/* Of a pair: its first value. */
static bool is_known(const struct groups *groups, const struct fb_value_key *key)
{
	const struct fb_value_key *first = groups->level[0].item;

	return fb_value_is_known(first ? &first[key->num >> 32] : key);
}

static int make_page(struct groups *groups, const struct page *page, struct agg **order,
		     struct fb_result *result)
{
	_cleanup_free_ struct detail *details = calloc(result->n, sizeof(*details));
	const size_t size = groups->aggs.n * sizeof(*groups->place_of);
	int r;

	result->groups = calloc(result->n, sizeof(*result->groups));
	groups->place_of = malloc(size);
	if (!details || !result->groups || !groups->place_of)
		return -ENOMEM;
	memset(groups->place_of, 0xff, size);
	for (uint32_t i = 0; i < result->n; i++) {
		struct fb_group *group = &result->groups[i];

		groups->place_of[groups->agg_of[order[i]->key.row]] = i;
		details[i].group = group;
		fb_snapshot_at(page->snapshot, order[i]->key.row, &group->first);
		group->known = is_known(groups, &order[i]->key);
		group->first_seen = UINT64_MAX;
	}
	r = count_page(groups, page, details);
	for (uint32_t i = 0; i < result->n; i++)
		name_services(&details[i]);
	return r;
}

static int begin_levels(struct groups *groups, const struct page *page)
{
	const struct fb_field *const fields[] = {page->field, page->then};
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = fb_values_init(&groups->level[i], page->snapshot, fields[i],
				   sizeof(struct fb_value_key));
	return r;
}

/* What a record is grouped by: the field's value, or the numbers of two. 0 or -ENOMEM. */
static int key_of(struct groups *groups, uint32_t row, struct fb_value_key *key, uint64_t *hash)
{
	uint32_t number[2];

	if (!groups->level[0].field) {
		fb_values_key(&groups->aggs, row, key, hash);
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		bool is_new;

		fb_values_key(&groups->level[i], row, key, hash);
		number[i] = fb_values_add(&groups->level[i], key, *hash, &is_new);
		if (number[i] == FB_NONE)
			return -ENOMEM;
	}
	fb_values_number((uint64_t)number[0] << 32 | number[1], row, key, hash);
	return 0;
}

static int begin_groups(struct fb_part *part)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	const struct page page = page_of(part->snapshot, part->ask->query);
	const size_t size = ((size_t)part->snapshot->n + 1) * sizeof(*groups->agg_of);

	part->state = groups;
	if (!groups ||
	    fb_values_init(&groups->aggs, part->snapshot, page.field, size_of_agg(&page)) < 0 ||
	    fb_index_init(&groups->peers) < 0 || (page.then && begin_levels(groups, &page) < 0))
		return -ENOMEM;
	groups->agg_of = fb_bulk_alloc(size);
	if (!groups->agg_of)
		return -ENOMEM;
	memset(groups->agg_of, 0xff, size);
	return 0;
}

static int groups_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct groups *groups = part->state;
	const struct page page = page_of(part->snapshot, part->ask->query);
	struct fb_value_key key[FB_CHUNK];
	uint64_t hash[FB_CHUNK];
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		if (key_of(groups, rows[i], &key[i], &hash[i]) < 0)
			return -ENOMEM;
		fb_values_prefetch(&groups->aggs, hash[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		fb_values_prefetch_item(&groups->aggs, hash[i]);
	for (uint32_t i = 0; i < n; i++) {
		bool is_new;
		uint32_t number = fb_values_add(&groups->aggs, &key[i], hash[i], &is_new);
		struct agg *agg;

		if (number == FB_NONE)
			return -ENOMEM;
		agg = agg_at(groups, number);
		groups->agg_of[rows[i]] = number;
		fb_snapshot_at(part->snapshot, rows[i], &at);
		for (unsigned int k = 0; k < page.n_sorts; k++)
			add_number(&agg->number[k], page.sort[k].group_field, &at);
	}
	return 0;
}

static int end_groups(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	struct fb_result *result = part->ask->result;
	struct page page = page_of(part->snapshot, query);
	struct groups *groups = part->state;
	const uint32_t n = groups->aggs.n;
	_cleanup_free_ struct agg **order = NULL;
	int r = sorts_by_hosts(query) ? count_hosts(groups, &page) : 0;

	result->n_groups = n;
	if (r < 0 || !n || !query->limit || query->offset >= n)
		return r;
	order = fb_bulk_alloc(n * sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = agg_at(groups, i);
	result->n = n - query->offset < query->limit ? n - query->offset : query->limit;
	fb_select(order, n, sizeof(*order), query->offset + result->n, compare_aggs, &page);
	fb_select(order, query->offset + result->n, sizeof(*order), query->offset, compare_aggs,
		  &page);
	fb_sort(order + query->offset, result->n, sizeof(*order), compare_aggs, &page);
	return make_page(groups, &page, order + query->offset, result);
}

static void fini_groups(struct fb_part *part)
{
	struct groups *groups = part->state;

	if (!groups)
		return;
	fb_values_fini(&groups->aggs);
	fb_values_fini(&groups->level[0]);
	fb_values_fini(&groups->level[1]);
	fb_index_fini(&groups->peers);
	free(groups->agg_of);
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
