/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to a snapshot: one pass over its records each. */
#include "query/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/past.h"
#include "query/query_priv.h"
#include "util/cleanup.h"

void fb_query_init(struct fb_query *query)
{
	*query = (struct fb_query){.scope = FB_SCOPE_ALL, .limit = 100};
}

void fb_query_fini(struct fb_query *query)
{
	fb_filter_free(query->filter);
	query->filter = NULL;
}

void fb_totals_add(struct fb_query_totals *totals, const struct fb_flow_at *at,
		   const uint64_t rate[static 2])
{
	totals->flows += fb_flow_at_flows(at);
	for (int dir = 0; dir < 2; dir++) {
		totals->packets[dir] += at->traffic->packets[dir];
		totals->bytes[dir] += at->traffic->bytes[dir];
		totals->rate[dir] += rate[dir];
	}
}

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
	char detail[80];
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
		if (!sort.field) {
			snprintf(detail, sizeof(detail), "there is no field \"%.*s\" to sort by",
				 (int)(len > 40 ? 40 : len), text + from);
			return fail(error, from, len, detail, fb_field_suggest(text + from, len));
		}
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
