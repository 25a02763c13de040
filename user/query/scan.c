/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass over the records for several questions. Chunk by chunk, so that a chunk is fetched from
 * memory once; questions about the same flows are one `which`: filtered and summed up once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/labels.h"
#include "query/matches.h"
#include "query/query_priv.h"
#include "util/cleanup.h"

struct which {
	const struct fb_query *query;
	bool wants_totals;
	struct fb_query_totals totals;
	const struct fb_ask *sources; /* one by src.ip, which counts the hosts; or NULL */
	struct fb_distinct hosts;
	struct fb_taking taking;
	unsigned int n; /* parts that ask about these flows; they stand together */
	struct fb_part *part;
};

struct scan {
	struct fb_snapshot *snapshot;
	struct fb_part *parts;
	struct which *which;
	unsigned int n_parts, n_which;
	struct fb_chunk_rates rates;
};

static const struct fb_query everything = {.live = FB_LIVE_BOTH, .scope = FB_SCOPE_ALL};

static const struct fb_part_ops *ops_of(const struct fb_ask *ask)
{
	switch (ask->kind) {
	case FB_ASK_TOP:
		return &fb_part_top;
	case FB_ASK_SUMMARY:
		return &fb_part_summary;
	default:
		return ask->query->group_by ? &fb_part_groups : &fb_part_flows;
	}
}

static const struct fb_query *query_of(const struct fb_ask *ask)
{
	return ask->kind == FB_ASK_SUMMARY ? &everything : ask->query;
}

/* Which of the asks before is the first about the same flows; `i` itself: none. */
static unsigned int first_alike(const struct fb_ask *asks, unsigned int i)
{
	unsigned int k = 0;

	while (k < i && !fb_query_same_flows(query_of(&asks[k]), query_of(&asks[i])))
		k++;
	return k;
}

/* A list or groups by src.ip, which every flow has. */
static bool is_of_sources(const struct fb_ask *ask)
{
	const struct fb_field *field = ask->kind == FB_ASK_TOP	  ? ask->field
				       : ask->kind == FB_ASK_ROWS ? ask->query->group_by
								  : NULL;
	const bool in_groups = ask->kind == FB_ASK_ROWS && ask->query->group_then;

	return field && field->id == FB_FIELD_src_ip && !in_groups;
}

static int begin_part(struct scan *scan, struct which *which, struct fb_ask *ask)
{
	struct fb_part *part = &scan->parts[scan->n_parts++];
	const struct fb_part_ops *ops = ops_of(ask);

	*part = (struct fb_part){.ask = ask, .snapshot = scan->snapshot, .rates = &scan->rates};
	which->n++;
	if (is_of_sources(ask))
		which->sources = ask;
	if (ops->wants_totals) {
		which->wants_totals = true;
		ask->result = calloc(1, sizeof(*ask->result));
		if (!ask->result)
			return -ENOMEM;
		ask->result->snapshot = fb_snapshot_get(scan->snapshot);
	}
	return ops->begin(part);
}

static int begin(struct scan *scan, struct fb_ask *asks, unsigned int n)
{
	scan->parts = calloc(n, sizeof(*scan->parts));
	scan->which = calloc(n, sizeof(*scan->which));
	if (!scan->parts || !scan->which)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		struct which *which = &scan->which[scan->n_which];

		if (first_alike(asks, i) != i)
			continue;
		which->query = query_of(&asks[i]);
		which->part = &scan->parts[scan->n_parts];
		fb_taking_begin(&which->taking, scan->snapshot, which->query);
		scan->n_which++;
		if (fb_distinct_init(&which->hosts) < 0)
			return -ENOMEM;
		for (unsigned int k = i; k < n; k++) {
			if (first_alike(asks, k) == i && begin_part(scan, which, &asks[k]) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_totals(struct which *which, const struct scan *scan, const struct fb_rows *rows)
{
	struct fb_query_totals totals = which->totals;
	int r = 0;

	for (uint32_t i = 0; i < rows->n; i++)
		fb_totals_add(&totals, &rows->at[i], scan->rates.bytes[rows->row[i] % FB_CHUNK]);
	which->totals = totals;
	for (uint32_t i = 0; !which->sources && r == 0 && i < rows->n; i++)
		r = fb_distinct_add(&which->hosts, rows->at[i].flow->src, rows->at[i].flow->family);
	return r;
}

/* Of who found these flows before. */
static const struct fb_query_totals *known_totals(const struct which *which)
{
	const struct fb_matches *found = which->taking.found;

	return found && found->has_totals ? &found->totals : NULL;
}

static int see_chunk(struct which *which, const struct scan *scan, uint32_t from)
{
	struct fb_rows rows;
	int r = 0;

	fb_taking_rows(&which->taking, from, &rows);
	if (which->wants_totals && !known_totals(which))
		r = add_totals(which, scan, &rows);
	for (unsigned int i = 0; r == 0 && i < which->n; i++)
		r = ops_of(which->part[i].ask)->rows(&which->part[i], &rows);
	return r;
}

static uint64_t count_hosts(const struct which *which)
{
	const struct fb_ask *sources = which->sources;

	if (!sources)
		return fb_distinct_count(&which->hosts);
	return sources->kind == FB_ASK_TOP ? sources->total : sources->result->n_groups;
}

static int end_which(struct which *which)
{
	for (unsigned int i = 0; i < which->n; i++)
		if (ops_of(which->part[i].ask)->end(&which->part[i]) < 0)
			return -ENOMEM;
	if (known_totals(which))
		which->totals = *known_totals(which);
	else if (which->wants_totals)
		which->totals.hosts = count_hosts(which);
	for (unsigned int i = 0; i < which->n; i++) {
		struct fb_result *result = which->part[i].ask->result;

		if (!result)
			continue;
		result->total = which->taking.total;
		result->matched = which->totals.flows;
		result->totals = which->totals;
	}
	return 0;
}

static int end(struct scan *scan)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < scan->n_which; i++) {
		struct which *which = &scan->which[i];

		r = end_which(which);
		if (r == 0)
			fb_taking_end(&which->taking, which->wants_totals ? &which->totals : NULL);
	}
	return r;
}

static void fini(struct scan *scan)
{
	for (unsigned int i = 0; i < scan->n_parts; i++)
		ops_of(scan->parts[i].ask)->fini(&scan->parts[i]);
	for (unsigned int i = 0; i < scan->n_which; i++) {
		fb_distinct_fini(&scan->which[i].hosts);
		fb_taking_fini(&scan->which[i].taking);
	}
	free(scan->parts);
	free(scan->which);
}

/* --- what the addresses of lists are called --------------------------------------------------- */

/* Each list's items in turn: its address and where its label goes. False: no more, or no address.
 */
static bool next_item(struct fb_ask *ask, uint32_t i, struct fb_value *value,
		      const struct fb_flow_name ***ret_label)
{
	const struct fb_field *field = ask->kind == FB_ASK_TOP	  ? ask->field
				       : ask->kind == FB_ASK_ROWS ? ask->query->group_by
								  : NULL;
	const bool grouped = ask->kind == FB_ASK_ROWS;

	if (!field || field->type != FB_TYPE_IP || i >= (grouped ? ask->result->n : ask->n_top))
		return false;
	fb_field_get(field, grouped ? &ask->result->groups[i].first : &ask->top[i].first, value);
	*ret_label = grouped ? &ask->result->groups[i].label : &ask->top[i].label;
	return true;
}

static int label(struct fb_snapshot *snapshot, struct fb_ask *asks, unsigned int n)
{
	_cleanup_(fb_labels_fini) struct fb_labels labels;
	const struct fb_flow_name **to;
	struct fb_value value;
	int r = fb_labels_init(&labels);

	for (unsigned int k = 0; k < n; k++)
		for (uint32_t i = 0; r == 0 && next_item(&asks[k], i, &value, &to); i++)
			if (value.known)
				r = fb_labels_want(&labels, value.addr, value.family);
	if (r < 0)
		return r;
	fb_labels_read(&labels, snapshot);
	for (unsigned int k = 0; k < n; k++)
		for (uint32_t i = 0; next_item(&asks[k], i, &value, &to); i++)
			*to = value.known ? fb_labels_find(&labels, value.addr, value.family)
					  : NULL;
	return 0;
}

void fb_chunk_rates(const struct fb_snapshot *snapshot, uint32_t from,
		    struct fb_chunk_rates *ret_rates)
{
	const uint32_t left = snapshot->n - from, n = left < FB_CHUNK ? left : FB_CHUNK;
	const double interval_ns = (double)snapshot->interval_ns;

	for (uint32_t i = 0; i < n; i++) {
		const struct fb_traffic *traffic = fb_snapshot_traffic(snapshot, from + i);

		if (from + i + FB_AHEAD < snapshot->n)
			__builtin_prefetch(fb_snapshot_traffic(snapshot, from + i + FB_AHEAD));
		for (int dir = 0; dir < 2; dir++)
			ret_rates->bytes[i][dir] =
				fb_per_interval(traffic->moved_bytes[dir], interval_ns);
	}
}

int fb_query_ask(struct fb_snapshot *snapshot, struct fb_ask *asks, unsigned int n)
{
	struct scan scan = {.snapshot = snapshot};
	int r = n ? begin(&scan, asks, n) : 0;

	for (uint32_t from = 0; r == 0 && from < snapshot->n; from += FB_CHUNK) {
		fb_chunk_rates(snapshot, from, &scan.rates);
		for (unsigned int i = 0; r == 0 && i < scan.n_which; i++)
			r = see_chunk(&scan.which[i], &scan, from);
	}
	if (r == 0)
		r = end(&scan);
	if (r == 0)
		r = label(snapshot, asks, n);
	fini(&scan);
	for (unsigned int i = 0; r < 0 && i < n; i++)
		fb_ask_fini(&asks[i]);
	return r;
}

void fb_ask_fini(struct fb_ask *ask)
{
	fb_result_free(TAKE_PTR(ask->result));
	free(TAKE_PTR(ask->top));
	free(TAKE_PTR(ask->summary));
}
