/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every address that takes part in a flow, on either end, with what it sent and got. In two passes:
 * of all of them only what they are ranked by, then all that is told of those of the page. To count
 * a million peers and times that nobody sees costs more than to look at the flows twice.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "query/labels.h"
#include "query/matches.h"
#include "query/pairs.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

static atomic_ullong left_out; /* ends of flows, of all lists */

#define HOSTS_MAX 262144 /* addresses told apart; what is beyond is left out of the list */

struct rank {
	uint8_t addr[16];
	uint64_t rate, bytes;
	uint8_t family;
};

struct hosts {
	const struct fb_snapshot *snapshot;
	struct rank *rank;
	uint32_t n, size;
	struct fb_index index;
	struct fb_taking taking;

	struct fb_host *host; /* the page, by the numbers of its labels */
	struct fb_labels labels;
	struct fb_pairs peers; /* by the page's hosts */
};

/* Which flows they are, a bit a record. */
static const struct fb_matches *matches_of(const struct hosts *hosts)
{
	return hosts->taking.found ? hosts->taking.found : hosts->taking.made;
}

static int hosts_init(struct hosts *hosts, const struct fb_snapshot *snapshot,
		      const struct fb_query *query)
{
	*hosts = (struct hosts){.snapshot = snapshot};
	fb_taking_begin(&hosts->taking, snapshot, query);
	if (!matches_of(hosts) || fb_index_init(&hosts->index) < 0 ||
	    fb_pairs_init(&hosts->peers) < 0 || fb_labels_init(&hosts->labels) < 0)
		return -ENOMEM;
	return 0;
}

static void hosts_fini(struct hosts *hosts)
{
	free(hosts->rank);
	free(hosts->host);
	fb_taking_fini(&hosts->taking);
	fb_index_fini(&hosts->index);
	fb_pairs_fini(&hosts->peers);
	fb_labels_fini(&hosts->labels);
}

static const uint8_t *addr_of(const struct fb_flow *flow, int end)
{
	return end ? flow->dst : flow->src;
}

/* --- all are ranked --------------------------------------------------------------------------- */

static uint32_t find_rank(const struct hosts *hosts, uint64_t hash, const uint8_t *addr,
			  uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&hosts->index, &it, &i))
		if (hosts->rank[i].family == family && !memcmp(hosts->rank[i].addr, addr, 16))
			return i;
	return FB_NONE;
}

/* -ENOMEM; FB_NONE in *ret_rank when there are too many. */
static int get_rank(struct hosts *hosts, uint64_t hash, const uint8_t *addr, uint8_t family,
		    uint32_t *ret_rank)
{
	*ret_rank = find_rank(hosts, hash, addr, family);
	if (*ret_rank != FB_NONE)
		return 0;
	if (hosts->n == HOSTS_MAX) {
		atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
		return 0;
	}
	if (hosts->n == hosts->size) {
		const uint32_t size = hosts->size ? hosts->size * 2 : 256;
		struct rank *larger = fb_bulk_grow(hosts->rank, hosts->n * sizeof(*larger),
						   size * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		hosts->rank = larger;
		hosts->size = size;
	}
	if (fb_index_add(&hosts->index, hash, hosts->n) < 0)
		return -ENOMEM;
	hosts->rank[hosts->n] = (struct rank){.family = family};
	memcpy(hosts->rank[hosts->n].addr, addr, 16);
	*ret_rank = hosts->n++;
	return 0;
}

/* A chunk's flows, so that memory is on its way to the next while one is looked at. */
static int rank_flows(struct hosts *hosts, const struct fb_flow_at *at, uint32_t n)
{
	uint64_t hash[FB_CHUNK][2];
	uint32_t number;
	struct fb_index_it it;

	for (uint32_t i = 0; i < n; i++)
		for (int end = 0; end < 2; end++) {
			hash[i][end] = fb_hash(addr_of(at[i].flow, end), 16, at[i].flow->family);
			fb_index_prefetch(&hosts->index, hash[i][end]);
		}
	for (uint32_t i = 0; i < n * 2; i++) {
		it = fb_index_begin(hash[i / 2][i % 2]);
		if (fb_index_next(&hosts->index, &it, &number))
			__builtin_prefetch(&hosts->rank[number], 1);
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t bytes = at[i].traffic->bytes[0] + at[i].traffic->bytes[1];
		const uint64_t rate = fb_flow_rates(&at[i]);

		for (int end = 0; end < 2; end++) {
			const struct fb_flow *flow = at[i].flow;

			if (get_rank(hosts, hash[i][end], addr_of(flow, end), flow->family,
				     &number) < 0)
				return -ENOMEM;
			if (number == FB_NONE)
				continue;
			hosts->rank[number].bytes += bytes;
			hosts->rank[number].rate += rate;
		}
	}
	return 0;
}

static int rank_all(struct hosts *hosts)
{
	struct fb_flow_at at[FB_CHUNK];
	uint32_t rows[FB_CHUNK];

	for (uint32_t from = 0; from < hosts->snapshot->n; from += FB_CHUNK) {
		const uint32_t n = fb_taking_rows(&hosts->taking, from, rows);

		for (uint32_t i = 0; i < n; i++)
			fb_snapshot_at(hosts->snapshot, rows[i], &at[i]);
		if (rank_flows(hosts, at, n) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare_ranks(const void *a_, const void *b_, void *hosts)
{
	const struct rank *a = &((struct hosts *)hosts)->rank[*(const uint32_t *)a_];
	const struct rank *b = &((struct hosts *)hosts)->rank[*(const uint32_t *)b_];

	if (a->rate != b->rate)
		return a->rate < b->rate ? 1 : -1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	if (memcmp(a->addr, b->addr, 16) != 0)
		return memcmp(a->addr, b->addr, 16);
	return a->family - b->family;
}

/* The page in its order: its addresses, and the numbers of their labels are their places. */
static int choose_page(struct hosts *hosts, const struct fb_query *query, uint32_t *ret_n)
{
	const uint32_t left = query->offset < hosts->n ? hosts->n - query->offset : 0;
	const uint32_t n = left < query->limit ? left : query->limit;
	_cleanup_free_ uint32_t *order = malloc(((size_t)hosts->n + 1) * sizeof(*order));

	hosts->host = calloc((size_t)n + 1, sizeof(*hosts->host));
	if (!order || !hosts->host)
		return -ENOMEM;
	for (uint32_t i = 0; i < hosts->n; i++)
		order[i] = i;
	if (n) {
		fb_select(order, hosts->n, sizeof(*order), query->offset + n, compare_ranks, hosts);
		fb_select(order, query->offset + n, sizeof(*order), query->offset, compare_ranks,
			  hosts);
		fb_sort(order + query->offset, n, sizeof(*order), compare_ranks, hosts);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct rank *rank = &hosts->rank[order[query->offset + i]];

		hosts->host[i].family = rank->family;
		hosts->host[i].first_seen = UINT64_MAX;
		memcpy(hosts->host[i].addr, rank->addr, 16);
		if (fb_labels_want(&hosts->labels, rank->addr, rank->family) < 0)
			return -ENOMEM;
	}
	*ret_n = n;
	return 0;
}

/* --- the page is counted ---------------------------------------------------------------------- */

static bool end_is_internal(const struct fb_flow *flow, int end)
{
	if (flow->scope == FB_SCOPE_INTERNAL)
		return true;
	return flow->scope == (end ? FB_SCOPE_EXTERNAL_INTERNAL : FB_SCOPE_INTERNAL_EXTERNAL);
}

static int count_end(struct hosts *hosts, uint32_t place, const struct fb_flow_at *at, int end)
{
	const struct fb_flow *flow = at->flow;
	struct fb_host *host = &hosts->host[place];
	struct fb_pair peer;
	int r;

	host->internal |= end_is_internal(flow, end);
	host->flows++;
	host->active += fb_flow_is_live(flow);
	for (int dir = 0; dir < 2; dir++) {
		host->bytes[dir] += at->traffic->bytes[dir ^ end];
		host->packets[dir] += at->traffic->packets[dir ^ end];
		host->rate[dir] += fb_flow_rate(at, dir ^ end);
	}
	if (flow->first_seen < host->first_seen)
		host->first_seen = flow->first_seen;
	if (at->traffic->last_seen > host->last_seen)
		host->last_seen = at->traffic->last_seen;
	r = fb_pairs_make(&hosts->peers, place, addr_of(flow, !end), flow->family, &peer);
	if (r == 0)
		r = fb_pairs_add(&hosts->peers, &peer);
	host->peers += r > 0;
	return r < 0 ? r : 0;
}

/* Names may stand in any flow, counts come from those that match. */
static int count_page(struct hosts *hosts, uint32_t n)
{
	const uint64_t *matching = matches_of(hosts)->bits;
	struct fb_flow_at at;
	uint32_t place[2];

	for (uint32_t row = 0; n && row < hosts->snapshot->n; row++) {
		fb_snapshot_send_for(hosts->snapshot, row + FB_AHEAD);
		if (!fb_snapshot_at(hosts->snapshot, row, &at))
			continue;
		fb_labels_see(&hosts->labels, &at, place);
		if (!(matching[row / 64] >> row % 64 & 1))
			continue;
		for (int end = 0; end < 2; end++)
			if (place[end] != FB_NONE && count_end(hosts, place[end], &at, end) < 0)
				return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		hosts->host[i].name = hosts->labels.item[i].name;
	return 0;
}

uint64_t fb_query_hosts_left_out(void)
{
	return atomic_load_explicit(&left_out, memory_order_relaxed);
}

int fb_query_hosts(const struct fb_snapshot *snapshot, const struct fb_query *query,
		   struct fb_host **ret_hosts, uint32_t *ret_n, uint64_t *ret_total)
{
	_cleanup_(hosts_fini) struct hosts hosts;

	if (hosts_init(&hosts, snapshot, query) < 0 || rank_all(&hosts) < 0 ||
	    choose_page(&hosts, query, ret_n) < 0 || count_page(&hosts, *ret_n) < 0)
		return -ENOMEM;
	fb_taking_end(&hosts.taking, NULL);
	*ret_total = hosts.n;
	*ret_hosts = TAKE_PTR(hosts.host);
	return 0;
}
