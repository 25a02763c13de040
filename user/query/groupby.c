/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups by any field: sums of all groups in one pass, what is dear only for those of the page. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/query_priv.h"
#include "util/scope.h"
#include "flow/value.h"

#define FIRST_AGGS 256

int fb_aggs_init(struct fb_aggs *aggs)
{
	*aggs = (struct fb_aggs){0};
	if (fb_index_init(&aggs->index) < 0)
		return -ENOMEM;
	return fb_set_init(&aggs->peers);
}

void fb_aggs_fini(struct fb_aggs *aggs)
{
	free(aggs->agg);
	fb_index_fini(&aggs->index);
	fb_set_fini(&aggs->peers);
}

/* The aggregate of this hash; NULL: there is none. */
static struct fb_agg *find_agg(const struct fb_aggs *aggs, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	while (fb_index_next(&aggs->index, &it, &number))
		if (aggs->agg[number].hash == hash)
			return &aggs->agg[number];
	return NULL;
}

/* ... made if there is none; NULL: memory is short. */
static struct fb_agg *get_agg(struct fb_aggs *aggs, uint64_t hash, uint32_t row, bool known)
{
	struct fb_agg *agg = find_agg(aggs, hash);

	if (agg)
		return agg;
	if (aggs->n == aggs->size) {
		uint32_t size = aggs->size ? aggs->size * 2 : FIRST_AGGS;
		struct fb_agg *larger = realloc(aggs->agg, size * sizeof(*larger));

		if (!larger)
			return NULL;
		aggs->agg = larger;
		aggs->size = size;
	}
	if (fb_index_add(&aggs->index, hash, aggs->n) < 0)
		return NULL;
	agg = &aggs->agg[aggs->n++];
	*agg = (struct fb_agg){
		.hash = hash,
		.row = row,
		.place = FB_NONE,
		.known = known,
		.first_seen = UINT64_MAX,
	};
	return agg;
}

static void add_flow(struct fb_agg *agg, const struct fb_flow_at *at)
{
	agg->flows++;
	agg->active += !at->flow->closed;
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

int fb_aggs_collect(struct fb_aggs *aggs, const struct fb_snapshot *snapshot,
		    const struct fb_query *query, const struct fb_field *field)
{
	struct fb_flow_at at;
	struct fb_value value;
	uint32_t pos = 0;

	while (fb_query_next(snapshot, query, &pos, &at)) {
		struct fb_agg *agg;

		fb_field_get(field, &at, &value);
		agg = get_agg(aggs, fb_value_hash(field, &value), pos - 1, value.known);
		if (!agg)
			return -ENOMEM;
		add_flow(agg, &at);
	}
	return 0;
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

static uint64_t group_number(const struct fb_agg *agg, enum fb_group_sort sort)
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

static int compare_keys(const struct page *page, const struct fb_agg *a, const struct fb_agg *b)
{
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;

	fb_snapshot_at(page->snapshot, a->row, &at_a);
	fb_snapshot_at(page->snapshot, b->row, &at_b);
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
	const struct fb_agg *a = a_, *b = b_;
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
	struct fb_aggs aggs;
	uint32_t *agg_of; /* by record; FB_NONE: it is not asked for */
};

/* Services and distinct peers of a page. Without `details`: the peers of every group. */
static int look_closer(struct groups *groups, const struct page *page, struct detail *details)
{
	const struct fb_field *field = page->query->group_by;
	struct fb_flow_at at;

	for (uint32_t row = 0; row < page->snapshot->n; row++) {
		struct fb_agg *agg;
		uint64_t pair[3] = {0};
		int r;

		if (groups->agg_of[row] == FB_NONE)
			continue;
		agg = &groups->aggs.agg[groups->agg_of[row]];
		if (details && agg->place == FB_NONE)
			continue;
		fb_snapshot_at(page->snapshot, row, &at);
		if (details)
			count_service(&details[agg->place], at.flow->service);
		pair[0] = agg->hash;
		memcpy(&pair[1], peer_of(field, at.flow), 16);
		r = fb_set_add(&groups->aggs.peers, fb_hash(pair, sizeof(pair), at.flow->family));
		if (r < 0)
			return r;
		agg->hosts += (uint32_t)r;
	}
	return 0;
}

static void fill_group(const struct fb_snapshot *snapshot, const struct fb_agg *agg,
		       struct fb_group *group)
{
	fb_snapshot_at(snapshot, agg->row, &group->first);
	group->known = agg->known;
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

static int make_page(struct groups *groups, const struct page *page, struct fb_agg **order,
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
	if (!groups || fb_aggs_init(&groups->aggs) < 0)
		return -ENOMEM;
	groups->agg_of = malloc(size);
	if (!groups->agg_of)
		return -ENOMEM;
	memset(groups->agg_of, 0xff, size);
	return 0;
}

static int groups_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	const struct fb_field *field = part->ask->query->group_by;
	struct groups *groups = part->state;
	uint64_t hash[FB_CHUNK];
	bool known[FB_CHUNK];
	struct fb_flow_at at;
	struct fb_value value;

	for (uint32_t i = 0; i < n; i++) {
		fb_snapshot_at(part->snapshot, rows[i], &at);
		fb_field_get(field, &at, &value);
		hash[i] = fb_value_hash(field, &value);
		known[i] = value.known;
		fb_index_prefetch(&groups->aggs.index, hash[i]);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct fb_agg *agg = get_agg(&groups->aggs, hash[i], rows[i], known[i]);

		if (!agg)
			return -ENOMEM;
		groups->agg_of[rows[i]] = (uint32_t)(agg - groups->aggs.agg);
		fb_snapshot_at(part->snapshot, rows[i], &at);
		add_flow(agg, &at);
	}
	return 0;
}

/* The peers of all groups, to sort by; then they are counted once more for the page. */
static int count_hosts(struct groups *groups, const struct page *page)
{
	int r = look_closer(groups, page, NULL);

	fb_set_fini(&groups->aggs.peers);
	return r < 0 ? r : fb_set_init(&groups->aggs.peers);
}

static int end_groups(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	struct fb_result *result = part->ask->result;
	struct page page = {part->snapshot, query};
	struct groups *groups = part->state;
	struct fb_aggs *aggs = &groups->aggs;
	_cleanup_free_ struct fb_agg **order = NULL;
	bool by_hosts = sorts_by_hosts(query);
	int r = by_hosts ? count_hosts(groups, &page) : 0;

	result->n_groups = aggs->n;
	if (r < 0 || !aggs->n || !query->limit || query->offset >= aggs->n)
		return r;
	order = malloc(aggs->n * sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < aggs->n; i++)
		order[i] = &aggs->agg[i];
	result->n = aggs->n - query->offset < query->limit ? aggs->n - query->offset : query->limit;
	fb_select((void **)order, aggs->n, query->offset + result->n, compare_aggs, &page);
	for (uint32_t i = 0; by_hosts && i < aggs->n; i++)
		aggs->agg[i].hosts = 0;
	return make_page(groups, &page, order, result);
}

static void fini_groups(struct fb_part *part)
{
	struct groups *groups = part->state;

	if (!groups)
		return;
	fb_aggs_fini(&groups->aggs);
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
