/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address that takes part in a flow, on either end, with what it sent and got. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "query/labels.h"
#include "query/query_priv.h"
#include "util/cleanup.h"
#include "util/select.h"

static atomic_ullong left_out; /* ends of flows, of all lists */

#define HOSTS_MAX 262144 /* addresses told apart; what is beyond is left out of the list */

struct hosts {
	struct fb_host *host;
	uint32_t n, size;
	struct fb_index index;
	struct fb_index pairs; /* row and end of a flow that has the pair */
};

static void hosts_fini(struct hosts *hosts)
{
	free(hosts->host);
	fb_index_fini(&hosts->index);
	fb_index_fini(&hosts->pairs);
}

static uint32_t find_host(const struct hosts *hosts, uint64_t hash, const uint8_t *addr,
			  uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&hosts->index, &it, &i))
		if (hosts->host[i].family == family && !memcmp(hosts->host[i].addr, addr, 16))
			return i;
	return FB_NONE;
}

/* -ENOMEM; FB_NONE in *ret_host when there are too many. */
static int get_host(struct hosts *hosts, const uint8_t *addr, uint8_t family, uint32_t *ret_host)
{
	uint64_t hash = fb_hash(addr, 16, family);
	uint32_t i = find_host(hosts, hash, addr, family);

	*ret_host = i;
	if (i != FB_NONE)
		return 0;
	if (hosts->n == HOSTS_MAX) {
		atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
		return 0;
	}
	if (hosts->n == hosts->size) {
		uint32_t size = hosts->size ? hosts->size * 2 : 256;
		struct fb_host *larger = realloc(hosts->host, size * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		hosts->host = larger;
		hosts->size = size;
	}
	if (fb_index_add(&hosts->index, hash, hosts->n) < 0)
		return -ENOMEM;
	hosts->host[hosts->n] = (struct fb_host){.family = family, .first_seen = UINT64_MAX};
	memcpy(hosts->host[hosts->n].addr, addr, 16);
	*ret_host = hosts->n++;
	return 0;
}

static bool end_is_internal(const struct fb_flow *flow, int end)
{
	if (flow->scope == FB_SCOPE_INTERNAL)
		return true;
	return flow->scope == (end ? FB_SCOPE_EXTERNAL_INTERNAL : FB_SCOPE_INTERNAL_EXTERNAL);
}

static const uint8_t *addr_of(const struct fb_flow *flow, int end)
{
	return end ? flow->dst : flow->src;
}

/* 1: no flow before had this end's host with this peer; 0, or -ENOMEM. */
static int see_pair(struct hosts *hosts, const struct fb_flow_at *at, uint32_t row, int end)
{
	const uint8_t *addr = addr_of(at->flow, end), *peer = addr_of(at->flow, !end);
	uint8_t pair[2][16];
	struct fb_index_it it;
	uint64_t hash;
	uint32_t seen;

	memcpy(pair[0], addr, 16);
	memcpy(pair[1], peer, 16);
	hash = fb_hash(pair, sizeof(pair), at->flow->family);
	it = fb_index_begin(hash);
	while (fb_index_next(&hosts->pairs, &it, &seen)) {
		const struct fb_flow *flow = fb_snapshot_flow(at->snapshot, seen >> 1);

		if (flow->family == at->flow->family &&
		    !memcmp(addr_of(flow, seen & 1), addr, 16) &&
		    !memcmp(addr_of(flow, !(seen & 1)), peer, 16))
			return 0;
	}
	return fb_index_add(&hosts->pairs, hash, row << 1 | (uint32_t)end) < 0 ? -ENOMEM : 1;
}

static int count_end(struct hosts *hosts, const struct fb_flow_at *at, uint32_t row, int end)
{
	const struct fb_flow *flow = at->flow;
	struct fb_host *host;
	uint32_t number;
	int r = get_host(hosts, addr_of(flow, end), flow->family, &number);

	if (r < 0 || number == FB_NONE)
		return r;
	host = &hosts->host[number];
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
	r = see_pair(hosts, at, row, end);
	if (r > 0)
		host->peers++;
	return r < 0 ? r : 0;
}

static int compare_hosts(const void *a_, const void *b_, void *unused)
{
	const struct fb_host *a = a_, *b = b_;
	uint64_t x = a->rate[0] + a->rate[1], y = b->rate[0] + b->rate[1];

	(void)unused;
	if (x == y) {
		x = a->bytes[0] + a->bytes[1];
		y = b->bytes[0] + b->bytes[1];
	}
	if (x != y)
		return x < y ? 1 : -1;
	return memcmp(a->addr, b->addr, 16);
}

uint64_t fb_query_hosts_left_out(void)
{
	return atomic_load_explicit(&left_out, memory_order_relaxed);
}

static int name_hosts(const struct fb_snapshot *snapshot, struct fb_host *hosts, uint32_t n)
{
	_cleanup_(fb_labels_fini) struct fb_labels labels;
	int r = fb_labels_init(&labels);

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = fb_labels_want(&labels, hosts[i].addr, hosts[i].family);
	if (r < 0)
		return r;
	fb_labels_read(&labels, snapshot);
	for (uint32_t i = 0; i < n; i++)
		hosts[i].name = fb_labels_find(&labels, hosts[i].addr, hosts[i].family);
	return 0;
}

int fb_query_hosts(const struct fb_snapshot *snapshot, const struct fb_query *query,
		   struct fb_host **ret_hosts, uint32_t *ret_n, uint64_t *ret_total)
{
	_cleanup_(hosts_fini) struct hosts hosts = {0};
	struct fb_flow_at at;
	uint32_t pos = 0, n;

	if (fb_index_init(&hosts.index) < 0 || fb_index_init(&hosts.pairs) < 0)
		return -ENOMEM;
	while (fb_query_next(snapshot, query, &pos, &at))
		for (int end = 0; end < 2; end++)
			if (count_end(&hosts, &at, pos - 1, end) < 0)
				return -ENOMEM;
	fb_sort(hosts.host, hosts.n, sizeof(*hosts.host), compare_hosts, NULL);
	n = query->offset < hosts.n ? hosts.n - query->offset : 0;
	n = n < query->limit ? n : query->limit;
	*ret_total = hosts.n;
	*ret_n = n;
	*ret_hosts = malloc((n ? n : 1) * sizeof(**ret_hosts));
	if (!*ret_hosts)
		return -ENOMEM;
	if (n)
		memcpy(*ret_hosts, hosts.host + query->offset, n * sizeof(**ret_hosts));
	if (name_hosts(snapshot, *ret_hosts, n) == 0)
		return 0;
	free(TAKE_PTR(*ret_hosts));
	return -ENOMEM;
}
