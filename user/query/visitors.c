/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the flows that came in; a port has few sockets. */
#include "query/visitors.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/index.h"

static uint64_t hash_of(uint8_t proto, uint16_t port)
{
	const uint16_t key[2] = {proto, port};

	return fb_hash(key, sizeof(key), 0);
}

static bool is_any(const struct fb_listener *listener)
{
	static const uint8_t zeros[16];

	return !memcmp(listener->addr + 12, zeros, 4) &&
	       (listener->family == FB_IPV4 || !memcmp(listener->addr, zeros, 16));
}

/* How well the socket fits what came to this address; 0: it does not. */
static unsigned int fits(const struct fb_listener *listener, const uint8_t *addr, uint8_t family)
{
	if (!memcmp(listener->addr, addr, 16))
		return 3;
	if (!is_any(listener))
		return 0;
	return listener->family == family ? 2 : listener->family == FB_IPV6;
}

static uint32_t find(const struct fb_index *index, const struct fb_listener *listener,
		     const struct fb_flow *flow)
{
	const struct fb_flow_nat *nat = flow->nat;
	const bool translated = nat && nat->dst_family;
	const uint8_t *addr = translated ? nat->dst : flow->dst;
	const uint16_t port = translated ? nat->dst_port : flow->dst_port;
	struct fb_index_it it = fb_index_begin(hash_of(flow->proto, port));
	uint32_t number, best = FB_NONE;
	unsigned int best_fits = 0;

	while (fb_index_next(index, &it, &number)) {
		const unsigned int now =
			listener[number].port == port && listener[number].proto == flow->proto
				? fits(&listener[number], addr, flow->family)
				: 0;

		if (now > best_fits) {
			best = number;
			best_fits = now;
		}
	}
	return best;
}

static enum fb_visited_from from_where(const struct fb_flow *flow)
{
	if (flow->direction == FB_DIRECTION_LOCAL)
		return FB_VISITED_HERE;
	return flow->scope == FB_SCOPE_EXTERNAL_INTERNAL || flow->scope == FB_SCOPE_EXTERNAL
		       ? FB_VISITED_OUTSIDE
		       : FB_VISITED_INSIDE;
}

/* The newest first; one that comes again moves up. */
static void add_visitor(struct fb_visits *visits, const struct fb_flow *flow, uint64_t seen)
{
	struct fb_visitor fresh = {
		.family = flow->family, .name = flow->src_host, .last_seen = seen};
	unsigned int at = 0, i;

	memcpy(fresh.addr, flow->src, 16);
	for (i = 0; i < visits->n; i++)
		if (!memcmp(visits->visitor[i].addr, fresh.addr, 16))
			break;
	if (i < visits->n && visits->visitor[i].last_seen >= seen)
		return;
	while (at < i && visits->visitor[at].last_seen >= seen)
		at++;
	if (i == visits->n && visits->n < FB_VISITORS)
		visits->n++;
	else if (i == visits->n)
		i--;
	if (at > i)
		return;
	memmove(&visits->visitor[at + 1], &visits->visitor[at],
		(i - at) * sizeof(*visits->visitor));
	visits->visitor[at] = fresh;
}

static void count(struct fb_visits *visits, const struct fb_flow_at *at)
{
	const enum fb_visited_from from = from_where(at->flow);

	visits->flows++;
	if (at->traffic->last_seen > visits->last_seen)
		visits->last_seen = at->traffic->last_seen;
	if (from > visits->from)
		visits->from = from;
	add_visitor(visits, at->flow, at->traffic->last_seen);
}

/* To this host, and not refused. */
static bool came_in(const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	return (flow->direction == FB_DIRECTION_IN || flow->direction == FB_DIRECTION_LOCAL) &&
	       (flow->proto != IPPROTO_TCP || at->traffic->packets[FB_DOWN]);
}

int fb_query_visitors(const struct fb_snapshot *snapshot, const struct fb_listener *listener,
		      unsigned int n, struct fb_visits *visits)
{
	_cleanup_(fb_index_fini) struct fb_index index = {0};
	struct fb_flow_at at;
	uint32_t number;

	memset(visits, 0, n * sizeof(*visits));
	if (fb_index_init(&index) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		if (fb_index_add(&index, hash_of(listener[i].proto, listener[i].port), i) < 0)
			return -ENOMEM;
	for (uint32_t i = 0; n && i < snapshot->n; i++) {
		if (!fb_snapshot_at(snapshot, i, &at) || !came_in(&at))
			continue;
		number = find(&index, listener, at.flow);
		if (number != FB_NONE)
			count(&visits[number], &at);
	}
	return 0;
}
