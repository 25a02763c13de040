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

#include "flow/past.h"
#include "query/labels.h"
#include "query/matches.h"
#include "query/pairs.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/permute.h"
#include "util/select.h"

static atomic_ullong left_out; /* ends of flows, of all lists */

#define MANY	  65536
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
	bool full; /* before the flows that are looked at */
	uint64_t left_out;
	struct fb_index index, index4; /* of others; of IPv4 addresses, by fb_permute */
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
	    fb_index_init(&hosts->index4) < 0 || fb_pairs_init(&hosts->peers) < 0 ||
	    fb_labels_init(&hosts->labels) < 0)
		return -ENOMEM;
	return 0;
}

static void hosts_fini(struct hosts *hosts)
{
	atomic_fetch_add_explicit(&left_out, hosts->left_out, memory_order_relaxed);
	fb_bulk_free(hosts->rank);
	free(hosts->host);
	fb_taking_fini(&hosts->taking);
	fb_index_fini(&hosts->index);
	fb_index_fini(&hosts->index4);
	fb_pairs_fini(&hosts->peers);
	fb_labels_fini(&hosts->labels);
}

static const uint8_t *addr_of(const struct fb_flow *flow, int end)
{
	return end ? flow->dst : flow->src;
}

/* --- all are ranked --------------------------------------------------------------------------- */

/* By its hash, which alone tells IPv4 addresses apart. */
static uint32_t find_rank(const struct hosts *hosts, uint64_t hash, const uint8_t *addr,
			  uint8_t family)
{
	const struct fb_index *index = family == FB_IPV4 ? &hosts->index4 : &hosts->index;
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(index, &it, &i))
		if (family == FB_IPV4 ||
		    (hosts->rank[i].family == family && !memcmp(hosts->rank[i].addr, addr, 16)))
			return i;
	return FB_NONE;
}

/* Once many came there may be as many as are told apart. */
static int grow(struct hosts *hosts)
{
	const uint32_t size = hosts->size < MANY ? hosts->size * 2 + 256 : HOSTS_MAX;
	struct rank *larger =
		fb_bulk_grow(hosts->rank, hosts->n * sizeof(*larger), size * sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	hosts->rank = larger;
	hosts->size = size;
	return size < HOSTS_MAX || hosts->index4.n < hosts->n / 2
		       ? 0
		       : fb_index_reserve(&hosts->index4, HOSTS_MAX);
}

/* The next one, which was not there; FB_NONE in *ret_rank when there are too many. */
static int add_rank(struct hosts *hosts, uint64_t hash, const uint8_t *addr, uint8_t family,
		    uint32_t *ret_rank)
{
	struct rank *rank;

	*ret_rank = FB_NONE;
	if (hosts->n == HOSTS_MAX) {
		hosts->left_out++;
		return 0;
	}
	if (hosts->n == hosts->size && grow(hosts) < 0)
		return -ENOMEM;
	if (fb_index_add(family == FB_IPV4 ? &hosts->index4 : &hosts->index, hash, hosts->n) < 0)
		return -ENOMEM;
	rank = &hosts->rank[hosts->n];
	*rank = (struct rank){.family = family};
	memcpy(rank->addr, addr, 16);
	*ret_rank = hosts->n++;
	return 0;
}

static uint64_t hash_of(const struct hosts *hosts, const uint8_t *addr, uint8_t family)
{
	uint64_t hash = 0;

	if (family == FB_IPV4) {
		uint32_t word;

		memcpy(&word, addr + 12, sizeof(word));
		hash = fb_permute(word);
	} else {
		hash = fb_hash_addr(addr, family);
	}
	fb_index_prefetch(family == FB_IPV4 ? &hosts->index4 : &hosts->index, hash);
	return hash;
}

static int count_flow(struct hosts *hosts, const struct fb_flow_at *at, const uint64_t *hash,
		      uint32_t *number)
{
	const uint64_t bytes = at->traffic->bytes[0] + at->traffic->bytes[1];
	const uint64_t rate = fb_flow_rates(at);

	for (int end = 0; end < 2; end++) {
		const uint8_t *addr = addr_of(at->flow, end), family = at->flow->family;

		if (number[end] == FB_NONE && !hosts->full) /* a flow before may have it */
			number[end] = find_rank(hosts, hash[end], addr, family);
		if (number[end] == FB_NONE &&
		    add_rank(hosts, hash[end], addr, family, &number[end]) < 0)
			return -ENOMEM;
		if (number[end] == FB_NONE)
			continue;
		hosts->rank[number[end]].bytes += bytes;
		hosts->rank[number[end]].rate += rate;
	}
	return 0;
}

/* A chunk's flows, so that memory is on its way to the next while one is looked at. */
static int rank_flows(struct hosts *hosts, const struct fb_rows *rows)
{
	uint64_t hash[FB_CHUNK][2];
	uint32_t number[FB_CHUNK][2];
	int r = 0;

	for (uint32_t i = 0; i < rows->n; i++)
		for (int end = 0; end < 2; end++)
			hash[i][end] = hash_of(hosts, addr_of(rows->at[i].flow, end),
					       rows->at[i].flow->family);
	for (uint32_t i = 0; i < rows->n; i++)
		for (int end = 0; end < 2; end++) {
			const struct fb_flow *flow = rows->at[i].flow;

			number[i][end] =
				find_rank(hosts, hash[i][end], addr_of(flow, end), flow->family);
			if (number[i][end] != FB_NONE)
				__builtin_prefetch(&hosts->rank[number[i][end]], 1);
		}
	hosts->full = hosts->n == HOSTS_MAX;
	for (uint32_t i = 0; r == 0 && i < rows->n; i++)
		r = count_flow(hosts, &rows->at[i], hash[i], number[i]);
	return r;
}

static int rank_all(struct hosts *hosts)
{
	struct fb_rows rows;

	for (uint32_t from = 0; from < hosts->snapshot->n; from += FB_CHUNK) {
		fb_taking_rows(&hosts->taking, from, &rows);
		if (rank_flows(hosts, &rows) < 0)
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
	const uint32_t first = n ? query->offset + n : 0; /* so many stand up to the page's end */
	_cleanup_bulk_ uint32_t *order = fb_bulk_alloc((2 * (size_t)first + 1) * sizeof(*order));
	struct fb_best best;

	hosts->host = calloc((size_t)n + 1, sizeof(*hosts->host));
	if (!order || !hosts->host)
		return -ENOMEM;
	fb_best_begin(&best, order, first);
	for (uint32_t i = 0; i < hosts->n; i++)
		fb_best_add(&best, &i, sizeof(i), compare_ranks, hosts);
	fb_select(order, best.n, sizeof(*order), first, compare_ranks, hosts);
	fb_select(order, first, sizeof(*order), first - n, compare_ranks, hosts);
	fb_sort(order + first - n, n, sizeof(*order), compare_ranks, hosts);
	for (uint32_t i = 0; i < n; i++) {
		const struct rank *rank = &hosts->rank[order[first - n + i]];

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
	host->flows += fb_flow_at_flows(at);
	host->active += fb_flow_is_live(flow) ? fb_flow_at_flows(at) : 0;
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
		if (row + FB_AHEAD < hosts->snapshot->n)
			__builtin_prefetch(fb_snapshot_flow(hosts->snapshot, row + FB_AHEAD)->src);
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
