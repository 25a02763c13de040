/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of flows: one pass over the records, the best `offset + limit` kept in a heap whose root is
 * the worst of them. Most records lose against the root by one comparison of two numbers.
 */
#include "model/query.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/query_priv.h"
#include "util/scope.h"

void fb_query_init(struct fb_query *query)
{
	*query = (struct fb_query){.scope = FB_SCOPE_ALL, .limit = 100};
}

void fb_query_fini(struct fb_query *query)
{
	fb_filter_free(query->filter);
	query->filter = NULL;
}

bool fb_query_takes(const struct fb_query *query, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	if (query->live != FB_LIVE_BOTH && (query->live == FB_LIVE_CLOSED) != !!flow->closed)
		return false;
	if (query->scope != FB_SCOPE_ALL && flow->scope != query->scope)
		return false;
	if (query->since_ms &&
	    fb_snapshot_wall_ms(at->snapshot, at->traffic->last_seen) < query->since_ms)
		return false;
	return !query->until_ms ||
	       fb_snapshot_wall_ms(at->snapshot, flow->first_seen) <= query->until_ms;
}

void fb_totals_add(struct fb_query_totals *totals, const struct fb_flow_at *at)
{
	totals->flows++;
	for (int dir = 0; dir < 2; dir++) {
		totals->packets[dir] += at->traffic->packets[dir];
		totals->bytes[dir] += at->traffic->bytes[dir];
		totals->rate[dir] += at->traffic->rate[dir];
	}
}

struct item {
	uint64_t key; /* of the first sort, as a number in the same order */
	uint64_t id;  /* decides where all sorts are equal */
	uint32_t row;
};

struct picker {
	const struct fb_snapshot *snapshot;
	const struct fb_query *query;
	struct fb_sort sort[FB_QUERY_SORTS];
	unsigned int n_sorts;
	bool exact; /* equal keys are equal values of the first sort */
	struct item *heap;
	uint32_t n, max;
};

static uint64_t text_key(const char *text)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (uint64_t)tolower((unsigned char)*text);
		text += *text != '\0';
	}
	return key < UINT64_MAX ? key + 1 : key;
}

static uint64_t ip_key(const struct fb_value *value)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++)
		key = key << 8 | value->addr[value->family == FB_IPV4 ? 8 + i : i];
	return (key >> 1 | (value->family == FB_IPV4 ? 0 : 1ull << 63)) + 1;
}

/* 0: not known; values in order are keys in order, though different values may share one. */
static uint64_t make_key(const struct fb_field *field, const struct fb_flow_at *at)
{
	struct fb_value value;

	fb_field_get(field, at, &value);
	if (!value.known)
		return 0;
	if (field->type == FB_TYPE_IP)
		return ip_key(&value);
	if (value.text)
		return text_key(value.text);
	return value.num < UINT64_MAX ? value.num + 1 : value.num;
}

/* By the sorts that the key does not decide: negative if a comes first. */
static int compare_rows(const struct picker *picker, uint32_t a, uint32_t b)
{
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;

	fb_snapshot_at(picker->snapshot, a, &at_a);
	fb_snapshot_at(picker->snapshot, b, &at_b);
	for (unsigned int i = picker->exact; i < picker->n_sorts; i++) {
		const struct fb_sort *sort = &picker->sort[i];
		int order;

		fb_field_get(sort->field, &at_a, &value_a);
		fb_field_get(sort->field, &at_b, &value_b);
		order = fb_value_compare(sort->field, &value_a, &value_b);
		if (order)
			return sort->descending ? -order : order;
	}
	return 0;
}

static int compare_items(const void *a_, const void *b_, void *picker_)
{
	const struct picker *picker = picker_;
	const struct item *a = a_, *b = b_;

	int order = 0;

	if (a->key != b->key)
		return (a->key < b->key) == picker->sort[0].descending ? 1 : -1;
	if (picker->n_sorts > picker->exact)
		order = compare_rows(picker, a->row, b->row);
	return order ? order : (a->id > b->id) - (a->id < b->id); /* so every order is total */
}

static bool comes_first(const struct picker *picker, const struct item *a, const struct item *b)
{
	return compare_items(a, b, (void *)picker) < 0;
}

static void sift_up(struct picker *picker, uint32_t i)
{
	struct item item = picker->heap[i];

	while (i) {
		uint32_t up = (i - 1) / 2;

		if (!comes_first(picker, &picker->heap[up], &item))
			break;
		picker->heap[i] = picker->heap[up];
		i = up;
	}
	picker->heap[i] = item;
}

static void sift_down(struct picker *picker)
{
	struct item item = picker->heap[0];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < picker->n) {
		if (child + 1 < picker->n &&
		    comes_first(picker, &picker->heap[child], &picker->heap[child + 1]))
			child++;
		if (!comes_first(picker, &item, &picker->heap[child]))
			break;
		picker->heap[i] = picker->heap[child];
		i = child;
	}
	picker->heap[i] = item;
}

static void pick(struct picker *picker, const struct fb_flow_at *at, uint32_t row)
{
	struct item item = {make_key(picker->sort[0].field, at), at->flow->id, row};

	if (picker->n < picker->max) {
		picker->heap[picker->n] = item;
		sift_up(picker, picker->n++);
	} else if (picker->max && comes_first(picker, &item, &picker->heap[0])) {
		picker->heap[0] = item;
		sift_down(picker);
	}
}

static void take_sorts(struct picker *picker, const struct fb_query *query)
{
	picker->n_sorts = query->n_sorts;
	memcpy(picker->sort, query->sort, sizeof(picker->sort));
	if (!picker->n_sorts) {
		picker->sort[0] = (struct fb_sort){fb_field_find("rate_bps", 8), 0, true};
		picker->sort[1] = (struct fb_sort){fb_field_find("last_seen", 9), 0, true};
		picker->n_sorts = 2;
	}
	picker->exact = picker->sort[0].field->type != FB_TYPE_IP &&
			picker->sort[0].field->type != FB_TYPE_TEXT &&
			picker->sort[0].field->type != FB_TYPE_ENUM &&
			picker->sort[0].field->type != FB_TYPE_ID;
}

static int begin_flows(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	uint64_t wanted = query->limit ? (uint64_t)query->offset + query->limit : 0;
	struct picker *picker = calloc(1, sizeof(*picker));

	part->state = picker;
	if (!picker)
		return -ENOMEM;
	picker->snapshot = part->snapshot;
	picker->query = query;
	picker->max = wanted < part->snapshot->n ? (uint32_t)wanted : part->snapshot->n;
	picker->heap = malloc((picker->max ? picker->max : 1) * sizeof(*picker->heap));
	take_sorts(picker, query);
	return picker->heap ? 0 : -ENOMEM;
}

static int flows_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		fb_snapshot_at(part->snapshot, rows[i], &at);
		pick(part->state, &at, rows[i]);
	}
	return 0;
}

static int end_flows(struct fb_part *part)
{
	struct fb_result *result = part->ask->result;
	const uint32_t offset = part->ask->query->offset;
	struct picker *picker = part->state;

	qsort_r(picker->heap, picker->n, sizeof(*picker->heap), compare_items, picker);
	if (picker->n <= offset)
		return 0;
	result->n = picker->n - offset;
	result->rows = malloc(result->n * sizeof(*result->rows));
	for (uint32_t i = 0; result->rows && i < result->n; i++)
		result->rows[i] = picker->heap[offset + i].row;
	return result->rows ? 0 : -ENOMEM;
}

static void fini_flows(struct fb_part *part)
{
	struct picker *picker = part->state;

	if (picker)
		free(picker->heap);
	free(picker);
}

const struct fb_part_ops fb_part_flows = {true, begin_flows, flows_rows, end_flows, fini_flows};

int fb_query_run(struct fb_snapshot *snapshot, const struct fb_query *query,
		 struct fb_result **ret_result)
{
	struct fb_ask ask = {.kind = FB_ASK_ROWS, .query = query};
	int r = fb_query_ask(snapshot, &ask, 1);

	if (r < 0)
		return r;
	*ret_result = ask.result;
	return 0;
}

void fb_result_free(struct fb_result *result)
{
	if (!result)
		return;
	fb_snapshot_put(result->snapshot);
	free(result->rows);
	free(result->groups);
	free(result);
}

void fb_result_freep(struct fb_result **result)
{
	fb_result_free(*result);
}

bool fb_query_next(const struct fb_snapshot *snapshot, const struct fb_query *query, uint32_t *pos,
		   struct fb_flow_at *ret_at)
{
	while (*pos < snapshot->n)
		if (fb_snapshot_at(snapshot, (*pos)++, ret_at) && fb_query_matches(query, ret_at))
			return true;
	return false;
}

unsigned int fb_query_explain(const struct fb_snapshot *snapshot, const struct fb_query *query,
			      uint64_t *removed, unsigned int max)
{
	unsigned int n = fb_filter_n_parts(query->filter);
	struct fb_flow_at at;

	if (n > max)
		n = max;
	memset(removed, 0, n * sizeof(*removed));
	for (uint32_t row = 0; row < snapshot->n; row++) {
		if (!fb_snapshot_at(snapshot, row, &at) || !fb_query_takes(query, &at))
			continue;
		for (unsigned int i = 0; i < n; i++)
			removed[i] += !fb_filter_match_part(query->filter, i, &at);
	}
	return n;
}

static int fail(struct fb_filter_error *error, size_t offset, size_t len, const char *detail,
		const char *suggestion)
{
	*error = (struct fb_filter_error){(unsigned int)offset, (unsigned int)len, "", ""};
	snprintf(error->detail, sizeof(error->detail), "%s", detail);
	snprintf(error->suggestion, sizeof(error->suggestion), "%s", suggestion ? suggestion : "");
	return -EINVAL;
}

static int group_sort(const char *name, size_t len)
{
	static const struct {
		const char *name;
		enum fb_group_sort sort;
	} names[] = {
		{"key", FB_GROUP_BY_key},
		{"flows", FB_GROUP_BY_flows},
		{"active", FB_GROUP_BY_active},
		{"closed", FB_GROUP_BY_closed},
		{"bytes", FB_GROUP_BY_bytes},
		{"bytes.up", FB_GROUP_BY_bytes_up},
		{"up", FB_GROUP_BY_bytes_up},
		{"bytes.down", FB_GROUP_BY_bytes_down},
		{"down", FB_GROUP_BY_bytes_down},
		{"packets", FB_GROUP_BY_packets},
		{"rate_bps", FB_GROUP_BY_rate},
		{"rate", FB_GROUP_BY_rate},
		{"rate_bps.up", FB_GROUP_BY_rate_up},
		{"rate_bps.down", FB_GROUP_BY_rate_down},
		{"hosts", FB_GROUP_BY_hosts},
		{"first_seen", FB_GROUP_BY_first_seen},
		{"last_seen", FB_GROUP_BY_last_seen},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, name, len))
			return (int)names[i].sort;
	return -1;
}

static int one_sort(struct fb_query *query, const char *text, size_t from, size_t len,
		    struct fb_filter_error *error)
{
	struct fb_sort sort = {.descending = text[from] == '-'};
	int group;

	if (len && (text[from] == '-' || text[from] == '+')) {
		from++;
		len--;
	}
	if (query->n_sorts == FB_QUERY_SORTS)
		return fail(error, from, len, "sorts by at most 4 fields", NULL);
	if (query->group_by) {
		group = group_sort(text + from, len);
		if (group < 0 && fb_field_find(text + from, len) == query->group_by)
			group = FB_GROUP_BY_key;
		if (group < 0)
			return fail(error, from, len, "groups cannot be sorted by this", "bytes");
		sort.group_field = (enum fb_group_sort)group;
	} else {
		sort.field = fb_field_find(text + from, len);
		if (!sort.field)
			return fail(error, from, len, "is not a field",
				    fb_field_suggest(text + from, len));
		if (!sort.field->sortable)
			return fail(error, from, len, "flows cannot be sorted by this field", NULL);
	}
	query->sort[query->n_sorts++] = sort;
	return 0;
}

int fb_query_sort(struct fb_query *query, const char *text, struct fb_filter_error *ret_error)
{
	size_t from = 0;

	query->n_sorts = 0;
	while (text[from]) {
		size_t len = strcspn(text + from, ",");
		int r = one_sort(query, text, from, len, ret_error);

		if (r < 0)
			return r;
		from += len + (text[from + len] == ',');
	}
	return 0;
}
