/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups by any field: sums of all groups in one pass; what costs more to count (services, distinct
 * peers) only for the groups of the page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "query/values.h"
#include "util/cleanup.h"
#include "util/select.h"

/* Of one value of the field: what is summed over its flows. */
struct agg {
	struct fb_value_key key;
	uint32_t place; /* on the page that is asked for; FB_NONE: on another */
	uint32_t flows, active, hosts;
	uint64_t packets[2], bytes[2], rate[2];
	uint64_t first_seen, last_seen;
};

static void add_flow(struct agg *agg, const struct fb_flow_at *at)
{
	agg->flows++;
	agg->active += fb_flow_is_live(at->flow);
	for (int dir = 0; dir < 2; dir++) {
		agg->packets[dir] += at->traffic->packets[dir];
		agg->bytes[dir] += at->traffic->bytes[dir];
		agg->rate[dir] += fb_flow_rate(at, dir);
	}
	if (at->flow->first_seen < agg->first_seen)
		agg->first_seen = at->flow->first_seen;
	if (at->traffic->last_seen > agg->last_seen)
		agg->last_seen = at->traffic->last_seen;
}

/* Whom a group's hosts are: the other side of what it is grouped by. */
static const uint8_t *peer_of(const struct fb_field *field, const struct fb_flow *flow)
{
	return field->end == FB_END_DST ? flow->src : flow->dst;
}

struct page {
	const struct fb_snapshot *snapshot;
	const struct fb_query *query;
};

static uint64_t group_number(const struct agg *agg, enum fb_group_sort sort)
{
	switch (sort) {
	case FB_GROUP_BY_key:
		return 0;
	case FB_GROUP_BY_flows:
		return agg->flows;
	case FB_GROUP_BY_active:
		return agg->active;
	case FB_GROUP_BY_closed:
		return agg->flows - agg->active;
	case FB_GROUP_BY_bytes:
		return agg->bytes[0] + agg->bytes[1];
	case FB_GROUP_BY_bytes_up:
		return agg->bytes[FB_UP];
	case FB_GROUP_BY_bytes_down:
		return agg->bytes[FB_DOWN];
	case FB_GROUP_BY_packets:
		return agg->packets[0] + agg->packets[1];
	case FB_GROUP_BY_rate:
		return agg->rate[0] + agg->rate[1];
	case FB_GROUP_BY_rate_up:
		return agg->rate[FB_UP];
	case FB_GROUP_BY_rate_down:
		return agg->rate[FB_DOWN];
	case FB_GROUP_BY_hosts:
		return agg->hosts;
	case FB_GROUP_BY_first_seen:
		return agg->first_seen;
	case FB_GROUP_BY_last_seen:
		return agg->last_seen;
	}
	return 0;
}

static int compare_keys(const struct page *page, const struct agg *a, const struct agg *b)
{
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;

	fb_snapshot_at(page->snapshot, a->key.row, &at_a);
	fb_snapshot_at(page->snapshot, b->key.row, &at_b);
	fb_field_get(page->query->group_by, &at_a, &value_a);
	fb_field_get(page->query->group_by, &at_b, &value_b);
	return fb_value_compare(page->query->group_by, &value_a, &value_b);
}

static int compare_aggs(const void *a_, const void *b_, void *page_)
{
	static const struct fb_sort standard[] = {
		{NULL, FB_GROUP_BY_bytes, true},
		{NULL, FB_GROUP_BY_flows, true},
	};
	const struct page *page = page_;
	const struct agg *a = *(struct agg *const *)a_, *b = *(struct agg *const *)b_;
	const struct fb_sort *sort = page->query->n_sorts ? page->query->sort : standard;
	unsigned int n = page->query->n_sorts ? page->query->n_sorts : 2;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t x = group_number(a, sort[i].group_field);
		uint64_t y = group_number(b, sort[i].group_field);
		int order = (x > y) - (x < y);

		if (sort[i].group_field == FB_GROUP_BY_key)
			order = compare_keys(page, a, b);
		if (order)
			return sort[i].descending ? -order : order;
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
	struct fb_values aggs;
	uint32_t *agg_of;      /* by record; FB_NONE: it is not asked for */
	struct fb_index peers; /* of groups: a record that has the pair */
};

static struct agg *agg_at(const struct groups *groups, uint32_t number)
{
	return (struct agg *)groups->aggs.item + number;
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

/* Services and distinct peers of a page. Without `details`: the peers of every group. */
static int look_closer(struct groups *groups, const struct page *page, struct detail *details)
{
	struct fb_flow_at at;

	for (uint32_t row = 0; row < page->snapshot->n; row++) {
		struct agg *agg;
		int r;

		if (groups->agg_of[row] == FB_NONE)
			continue;
		agg = agg_at(groups, groups->agg_of[row]);
		if (details && agg->place == FB_NONE)
			continue;
		fb_snapshot_at(page->snapshot, row, &at);
		if (details)
			count_service(&details[agg->place], at.flow->service);
		r = see_peer(groups, &at, row);
		if (r < 0)
			return r;
		agg->hosts += (uint32_t)r;
	}
	return 0;
}

static void fill_group(const struct fb_snapshot *snapshot, const struct agg *agg,
		       struct fb_group *group)
{
	fb_snapshot_at(snapshot, agg->key.row, &group->first);
	group->known = fb_value_is_known(&agg->key);
	group->flows = agg->flows;
	group->active = agg->active;
	group->closed = agg->flows - agg->active;
	memcpy(group->packets, agg->packets, sizeof(group->packets));
	memcpy(group->bytes, agg->bytes, sizeof(group->bytes));
	memcpy(group->rate, agg->rate, sizeof(group->rate));
	group->hosts = agg->hosts;
	group->first_seen = agg->first_seen;
	group->last_seen = agg->last_seen;
}

static int make_page(struct groups *groups, const struct page *page, struct agg **order,
		     struct fb_result *result)
{
	_cleanup_free_ struct detail *details = calloc(result->n, sizeof(*details));
	uint32_t from = page->query->offset;
	int r;

	result->groups = calloc(result->n, sizeof(*result->groups));
	if (!details || !result->groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < result->n; i++) {
		order[from + i]->place = i;
		details[i].group = &result->groups[i];
	}
	r = look_closer(groups, page, details);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < result->n; i++) {
		fill_group(page->snapshot, order[from + i], &result->groups[i]);
		name_services(&details[i]);
	}
	return 0;
}

static int begin_groups(struct fb_part *part)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	const size_t size = ((size_t)part->snapshot->n + 1) * sizeof(*groups->agg_of);

	part->state = groups;
	if (!groups ||
	    fb_values_init(&groups->aggs, part->snapshot, part->ask->query->group_by,
			   sizeof(struct agg)) < 0 ||
	    fb_index_init(&groups->peers) < 0)
		return -ENOMEM;
	groups->agg_of = malloc(size);
	if (!groups->agg_of)
		return -ENOMEM;
	memset(groups->agg_of, 0xff, size);
	return 0;
}

static int groups_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct groups *groups = part->state;
	struct fb_value_key key[FB_CHUNK];
	uint64_t hash[FB_CHUNK];
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		fb_values_key(&groups->aggs, rows[i], &key[i], &hash[i]);
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
		if (is_new) {
			agg->place = FB_NONE;
			agg->first_seen = UINT64_MAX;
		}
		groups->agg_of[rows[i]] = number;
		fb_snapshot_at(part->snapshot, rows[i], &at);
		add_flow(agg, &at);
	}
	return 0;
}

/* The peers of all groups, to sort by; then they are counted once more for the page. */
static int count_hosts(struct groups *groups, const struct page *page)
{
	int r = look_closer(groups, page, NULL);

	fb_index_clear(&groups->peers);
	return r;
}

static int end_groups(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	struct fb_result *result = part->ask->result;
	struct page page = {part->snapshot, query};
	struct groups *groups = part->state;
	const uint32_t n = groups->aggs.n;
	_cleanup_free_ struct agg **order = NULL;
	bool by_hosts = sorts_by_hosts(query);
	int r = by_hosts ? count_hosts(groups, &page) : 0;

	result->n_groups = n;
	if (r < 0 || !n || !query->limit || query->offset >= n)
		return r;
	order = malloc(n * sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = agg_at(groups, i);
	result->n = n - query->offset < query->limit ? n - query->offset : query->limit;
	fb_select(order, n, sizeof(*order), query->offset + result->n, compare_aggs, &page);
	fb_sort(order, query->offset + result->n, sizeof(*order), compare_aggs, &page);
	for (uint32_t i = 0; by_hosts && i < n; i++)
		agg_at(groups, i)->hosts = 0;
	return make_page(groups, &page, order, result);
}

static void fini_groups(struct fb_part *part)
{
	struct groups *groups = part->state;

	if (!groups)
		return;
	fb_values_fini(&groups->aggs);
	fb_index_fini(&groups->peers);
	free(groups->agg_of);
	free(groups);
}

const struct fb_part_ops fb_part_groups = {true, begin_groups, groups_rows, end_groups,
					   fini_groups};

void fb_group_key(const struct fb_query *query, const struct fb_group *group,
		  struct fb_value *ret_value)
{
	fb_field_get(query->group_by, &group->first, ret_value);
}
