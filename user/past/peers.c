/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow is looked at when it ended or is ten seconds old: by then its name is known. A pair is a
 * hash of host and destination; fb_shares knows who holds how many.
 */
#include "past/peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/addr.h"
#include "util/shares.h"

#define RIPE_NS 10000000000ull

struct fb_peers {
	pthread_mutex_t lock;
	struct fb_shares pairs, reports; /* by host */
	struct fb_index index;		 /* of pairs, by hash */
	uint64_t hash[FB_PEERS];
	uint64_t since_ns[FB_PEERS + 1]; /* by owner of pairs: watched from then on */
	struct fb_new_peer report[FB_PEERS_NEW];
	uint64_t order[FB_PEERS_NEW], n_told; /* in which they were told */
	uint64_t ripe_ns;		      /* flows that began before were looked at */
	uint64_t forgotten;
};

int fb_peers_new(struct fb_peers **ret_peers)
{
	struct fb_peers *peers = calloc(1, sizeof(*peers));
	int r;

	if (!peers)
		return -ENOMEM;
	pthread_mutex_init(&peers->lock, NULL);
	r = fb_index_init(&peers->index);
	if (r == 0)
		r = fb_shares_init(&peers->pairs, FB_PEERS);
	if (r == 0)
		r = fb_shares_init(&peers->reports, FB_PEERS_NEW);
	if (r < 0) {
		fb_peers_free(peers);
		return r;
	}
	*ret_peers = peers;
	return 0;
}

void fb_peers_free(struct fb_peers *peers)
{
	if (!peers)
		return;
	fb_shares_fini(&peers->reports);
	fb_shares_fini(&peers->pairs);
	fb_index_fini(&peers->index);
	pthread_mutex_destroy(&peers->lock);
	free(peers);
}

/* --- what a destination is ------------------------------------------------------------------- */

/* "cdn.example.co.uk" is "example.co.uk": a short label before one of two letters is no owner's. */
static const char *owner_of(const char *name)
{
	const char *end = name + strlen(name), *dots[3];
	unsigned int n = 0;

	for (const char *at = end; at > name && n < 3; at--)
		if (at[-1] == '.')
			dots[n++] = at - 1;
	if (n < 2)
		return name;
	if (end - dots[0] == 3 && dots[0] - dots[1] <= 4)
		return n == 3 ? dots[2] + 1 : name;
	return dots[1] + 1;
}

/* Upper or lower case is the same name. */
static uint64_t hash_of_name(const char *name)
{
	char lower[256];
	size_t len = 0;

	for (; name[len] && len < sizeof(lower); len++)
		lower[len] =
			name[len] >= 'A' && name[len] <= 'Z' ? (char)(name[len] | 0x20) : name[len];
	return fb_hash(lower, len, 1);
}

static uint64_t destination_of(const struct fb_flow *flow)
{
	const struct fb_flow_name *name = fb_flow_host(flow);
	uint8_t net[16] = {0};
	size_t bytes = 16;

	if (name && flow->scope != FB_SCOPE_INTERNAL)
		return hash_of_name(owner_of(name->text));
	if (flow->scope != FB_SCOPE_INTERNAL)
		bytes = flow->family == 4 ? 15 : 6;
	memcpy(net, flow->dst, bytes);
	return fb_hash(net, sizeof(net), flow->family);
}

/* Made up by no stranger, and who is the client is more than a guess. */
static bool is_told(const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	return (flow->scope == FB_SCOPE_INTERNAL || flow->scope == FB_SCOPE_INTERNAL_EXTERNAL) &&
	       at->traffic->packets[FB_DOWN] && flow->client_by > FB_CLIENT_EPHEMERAL &&
	       fb_addr_is_host(flow->src, flow->family) && fb_addr_is_host(flow->dst, flow->family);
}

/* --- pairs ----------------------------------------------------------------------------------- */

static uint32_t find(const struct fb_peers *peers, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&peers->index, &it, &i))
		if (peers->hash[i] == hash)
			return i;
	return FB_NONE;
}

/* Who has to forget is watched anew: else what it forgot would be told of as new. */
static void make_room(struct fb_peers *peers, uint64_t now_ns)
{
	const uint32_t out = fb_shares_next_out(&peers->pairs);

	peers->since_ns[peers->pairs.item[out].owner] = now_ns;
	fb_index_remove(&peers->index, peers->hash[out], out);
	fb_shares_give(&peers->pairs, out);
	peers->forgotten++;
}

/* Remember it. Returns since when its host is watched; `now_ns` where memory is short. */
static uint64_t add_pair(struct fb_peers *peers, const uint8_t key[static FB_SHARES_KEY],
			 uint64_t hash, uint64_t now_ns)
{
	bool evicted;
	uint32_t i;

	if (peers->index.n == FB_PEERS)
		make_room(peers, now_ns);
	i = fb_shares_take(&peers->pairs, key, &evicted);
	if (i == FB_NONE)
		return now_ns;
	if (fb_index_add(&peers->index, hash, i) < 0) {
		fb_shares_give(&peers->pairs, i);
		return now_ns;
	}
	peers->hash[i] = hash;
	if (fb_shares_held(&peers->pairs, i) == 1)
		peers->since_ns[peers->pairs.item[i].owner] = now_ns;
	return peers->since_ns[peers->pairs.item[i].owner];
}

/* --- reports --------------------------------------------------------------------------------- */

static void copy_name(char to[static 64], const char *text)
{
	const size_t len = text ? strnlen(text, 63) : 0;

	memcpy(to, text ? text : "", len);
	to[len] = '\0';
}

static void report(struct fb_peers *peers, const uint8_t key[static FB_SHARES_KEY],
		   const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const struct fb_flow_name *name = fb_flow_host(flow);
	struct fb_new_peer *told;
	bool evicted;
	const uint32_t i = fb_shares_take(&peers->reports, key, &evicted);

	if (i == FB_NONE)
		return;
	told = &peers->report[i];
	*told = (struct fb_new_peer){
		.time_ms = fb_snapshot_wall_ms(at->snapshot, flow->first_seen),
		.flow = flow->id,
		.family = flow->family,
		.proto = flow->proto,
		.port = flow->dst_port,
		.service = flow->service,
	};
	memcpy(told->src, flow->src, 16);
	memcpy(told->dst, flow->dst, 16);
	copy_name(told->src_host, fb_flow_src_host(flow));
	copy_name(told->dst_host, name ? name->text : NULL);
	peers->order[i] = ++peers->n_told;
}

static void look_at(struct fb_peers *peers, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const uint64_t now_ns = at->snapshot->now_ns;
	uint8_t key[FB_SHARES_KEY];
	struct {
		uint8_t host[16];
		uint64_t destination;
	} pair = {.destination = 0};
	uint64_t hash, since_ns;
	uint32_t i;

	if (!is_told(at))
		return;
	pair.destination = destination_of(flow);
	memcpy(pair.host, flow->src, 16);
	hash = fb_hash(&pair, sizeof(pair), flow->family);
	i = find(peers, hash);
	if (i != FB_NONE) {
		fb_shares_renew(&peers->pairs, i);
		return;
	}
	memcpy(key, flow->src, 16);
	key[16] = flow->family;
	since_ns = add_pair(peers, key, hash, now_ns);
	if (now_ns - since_ns >= FB_PEERS_LEARN_S * 1000000000ull)
		report(peers, key, at);
}

/* --- feeding and reading --------------------------------------------------------------------- */

static void look_at_ripe(struct fb_peers *peers, const struct fb_snapshot *snapshot)
{
	const uint64_t until = snapshot->now_ns - RIPE_NS;
	struct fb_flow_at at;

	for (uint32_t row = 0; row < snapshot->n; row++) {
		const uint64_t began = fb_snapshot_flow(snapshot, row)->first_seen;

		if (began >= peers->ripe_ns && began < until && fb_snapshot_at(snapshot, row, &at))
			look_at(peers, &at);
	}
	peers->ripe_ns = until;
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_peers *peers = ctx;
	struct fb_flow_at at;

	(void)losses;
	pthread_mutex_lock(&peers->lock);
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		if (fb_snapshot_at(snapshot, snapshot->ended[i], &at))
			look_at(peers, &at);
	if (snapshot->now_ns > peers->ripe_ns + 2 * RIPE_NS)
		look_at_ripe(peers, snapshot);
	pthread_mutex_unlock(&peers->lock);
	return 0;
}

const struct fb_consumer_ops fb_peers_consumer = {
	.name = "peers",
	.tick = tick,
};

unsigned int fb_peers_read(struct fb_peers *peers, struct fb_new_peer list[static FB_PEERS_NEW])
{
	uint64_t order[FB_PEERS_NEW];
	unsigned int n = 0;

	pthread_mutex_lock(&peers->lock);
	for (uint32_t i = 0; i < FB_PEERS_NEW; i++) {
		unsigned int at = n;

		if (!fb_shares_is_held(&peers->reports, i))
			continue;
		for (; at && order[at - 1] < peers->order[i]; at--) {
			order[at] = order[at - 1];
			list[at] = list[at - 1];
		}
		order[at] = peers->order[i];
		list[at] = peers->report[i];
		n++;
	}
	pthread_mutex_unlock(&peers->lock);
	return n;
}

void fb_peers_counts(struct fb_peers *peers, struct fb_peers_counts *ret_counts)
{
	pthread_mutex_lock(&peers->lock);
	*ret_counts = (struct fb_peers_counts){
		.hosts = peers->pairs.n_owners,
		.pairs = peers->index.n,
		.forgotten = peers->forgotten,
	};
	pthread_mutex_unlock(&peers->lock);
}

unsigned int fb_peers_erase(struct fb_peers *peers, const struct fb_person *who)
{
	unsigned int n = 0;

	pthread_mutex_lock(&peers->lock);
	for (uint32_t i = 0; i < FB_PEERS_NEW; i++) {
		struct fb_new_peer *report = &peers->report[i];

		if (!fb_shares_is_held(&peers->reports, i) ||
		    (!fb_person_has_addr(who, report->src, report->family) &&
		     !fb_person_has_addr(who, report->dst, report->family)))
			continue;
		fb_shares_give(&peers->reports, i);
		*report = (struct fb_new_peer){.flow = 0};
		n++;
	}
	pthread_mutex_unlock(&peers->lock);
	return n;
}
