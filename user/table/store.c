/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks, limbo and snapshots; see the header. */
#include "table/store.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int fb_store_init(struct fb_store *store, uint32_t max_flows, bool measured)
{
	const size_t flows = (max_flows + FB_FLOWS - 1) >> FB_FLOWS_SHIFT;
	const size_t traffic = (max_flows + FB_TRAFFICS - 1) >> FB_TRAFFIC_SHIFT;

	*store = (struct fb_store){
		.max = max_flows,
		.epoch = 1,
		.limbo_size = 1024,
	};
	fb_slabs_init(&store->slabs);
	pthread_mutex_init(&store->lock, NULL);
	store->flows = calloc(flows, sizeof(*store->flows));
	store->traffic = calloc(traffic, sizeof(*store->traffic));
	store->quality = measured ? calloc(traffic, sizeof(*store->quality)) : NULL;
	store->free = malloc(max_flows * sizeof(*store->free));
	store->limbo = malloc(store->limbo_size * sizeof(*store->limbo));
	store->link_names = calloc(FB_LINK_MAX, FB_LINK_NAME);
	if (!store->flows || !store->traffic || (measured && !store->quality) || !store->free ||
	    !store->limbo || !store->link_names) {
		fb_store_fini(store);
		return -ENOMEM;
	}
	return 0;
}

void fb_store_fini(struct fb_store *store)
{
	for (size_t i = 0; i < store->n_limbo; i++)
		if (store->limbo[i].kind == FB_LIMBO_MALLOC)
			free(store->limbo[i].memory);
	fb_slabs_fini(&store->slabs);
	free(store->flows);
	free(store->traffic);
	free(store->quality);
	free(store->free);
	free(store->limbo);
	free(store->link_names);
	free(store->devices);
	pthread_mutex_destroy(&store->lock);
	*store = (struct fb_store){0};
}

/* Room in the limbo for one more; what cannot be kept there would have to leak. */
static bool limbo_room(struct fb_store *store)
{
	struct fb_limbo *larger;
	size_t size = store->limbo_size * 2;

	if (store->n_limbo < store->limbo_size)
		return true;
	larger = realloc(store->limbo, size * sizeof(*larger));
	if (!larger)
		return false;
	store->limbo = larger;
	store->limbo_size = size;
	return true;
}

static void limbo_add(struct fb_store *store, void *memory, enum fb_limbo_kind kind, uint64_t born)
{
	store->limbo[store->n_limbo++] = (struct fb_limbo){memory, born, store->epoch - 1, kind};
}

static void retire(struct fb_store *store, const void *memory, enum fb_limbo_kind kind,
		   uint64_t born)
{
	/* No memory to note it: it leaks, for readers may still look at it. */
	if (memory && limbo_room(store))
		limbo_add(store, (void *)memory, kind, born);
}

void fb_store_retire(struct fb_store *store, const void *side, uint64_t born)
{
	retire(store, side, FB_LIMBO_SLABS, born);
}

void fb_store_name_links(struct fb_store *store, char (*names)[FB_LINK_NAME])
{
	retire(store, store->link_names, FB_LIMBO_MALLOC, 0);
	store->link_names = names;
}

void fb_store_name_devices(struct fb_store *store, struct fb_devicelist *devices)
{
	retire(store, store->devices, FB_LIMBO_MALLOC, 0);
	store->devices = devices;
}

void *fb_store_side(struct fb_store *store, size_t size)
{
	void *side = fb_slabs_get(&store->slabs, size);

	return side ? memset(side, 0, size) : NULL;
}

void fb_store_side_free(struct fb_store *store, void *side)
{
	fb_slabs_put(&store->slabs, side);
}

static void limbo_free(struct fb_store *store, const struct fb_limbo *limbo)
{
	if (limbo->kind == FB_LIMBO_SLABS)
		fb_slabs_put(&store->slabs, limbo->memory);
	else
		free(limbo->memory);
}

#define ALIVE_MAX 64 /* snapshots told apart; the rest counts as one span */

struct alive {
	uint64_t epoch[ALIVE_MAX];
	unsigned int n;
	uint64_t rest; /* from this one on all are taken for alive */
};

static void list_alive(struct fb_store *store, struct alive *alive)
{
	const struct fb_snapshot *snapshot;

	alive->n = 0;
	alive->rest = UINT64_MAX;
	pthread_mutex_lock(&store->lock);
	for (snapshot = store->oldest; snapshot; snapshot = snapshot->newer) {
		if (alive->n == ALIVE_MAX) {
			alive->rest = snapshot->epoch;
			break;
		}
		alive->epoch[alive->n++] = snapshot->epoch;
	}
	pthread_mutex_unlock(&store->lock);
}

/* Is there a snapshot between its first and its last? What a slow reader never saw goes at once. */
static bool is_seen(const struct alive *alive, const struct fb_limbo *limbo)
{
	for (unsigned int i = 0; i < alive->n; i++)
		if (alive->epoch[i] >= limbo->born && alive->epoch[i] <= limbo->epoch)
			return true;
	return limbo->epoch >= alive->rest;
}

void fb_store_collect(struct fb_store *store)
{
	struct alive alive;
	size_t kept = 0;

	list_alive(store, &alive);
	for (size_t i = 0; i < store->n_limbo; i++) {
		if (is_seen(&alive, &store->limbo[i]))
			store->limbo[kept++] = store->limbo[i];
		else
			limbo_free(store, &store->limbo[i]);
	}
	store->n_limbo = kept;
	fb_slabs_tick(&store->slabs);
}

static bool add_flows(struct fb_store *store)
{
	struct fb_flow_chunk *flows = fb_store_side(store, sizeof(*flows));

	if (!flows)
		return false;
	flows->epoch = store->epoch;
	store->flows[store->n_flows++] = flows;
	return true;
}

static bool add_traffic(struct fb_store *store)
{
	struct fb_traffic_chunk *traffic = fb_store_side(store, sizeof(*traffic));

	if (!traffic)
		return false;
	traffic->epoch = store->epoch;
	store->traffic[store->n_traffic++] = traffic;
	return true;
}

uint32_t fb_store_add(struct fb_store *store)
{
	if (store->n_free)
		return store->free[--store->n_free];
	if (store->n == store->max ||
	    (store->n == store->n_flows << FB_FLOWS_SHIFT && !add_flows(store)) ||
	    (store->n == store->n_traffic << FB_TRAFFIC_SHIFT && !add_traffic(store)))
		return FB_NONE;
	return store->n++;
}

void fb_store_remove(struct fb_store *store, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(store, number);
	struct fb_traffic *traffic = fb_store_move(store, number);
	struct fb_flow_quality *quality = fb_store_measured(store, number);

	if (!flow || !traffic || (!quality && fb_store_quality(store, number)))
		return;
	fb_store_retire(store, flow->src_host, 0);
	fb_store_retire(store, flow->names, 0);
	fb_store_retire(store, flow->tls, 0);
	fb_store_retire(store, flow->nat, 0);
	fb_store_retire(store, flow->acct, 0); /* or its answers */
	if (flow->links)
		fb_store_retire(store, flow->links, flow->links->epoch);
	if (flow->verdict.evidence && !flow->verdict.evidence->shared)
		fb_store_retire(store, flow->verdict.evidence, 0);
	if (quality)
		*quality = (struct fb_flow_quality){0};
	*flow = (struct fb_flow){0};
	*traffic = (struct fb_traffic){0};
	store->free[store->n_free++] = number;
}

_Static_assert(offsetof(struct fb_flow_chunk, epoch) == 0 &&
		       offsetof(struct fb_traffic_chunk, epoch) == 0 &&
		       offsetof(struct fb_quality_chunk, epoch) == 0,
	       "a chunk begins with its epoch");

/* A copy of a chunk that snapshots may hold, to be written from here on; NULL: memory is short. */
static void *renew(struct fb_store *store, void *chunk, size_t size)
{
	void *copy = limbo_room(store) ? fb_slabs_get(&store->slabs, size) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, chunk, size);
	*(uint64_t *)copy = store->epoch;
	limbo_add(store, chunk, FB_LIMBO_SLABS, *(const uint64_t *)chunk);
	return copy;
}

struct fb_flow *fb_store_edit(struct fb_store *store, uint32_t number)
{
	struct fb_flow_chunk **chunk = &store->flows[number >> FB_FLOWS_SHIFT];

	if ((*chunk)->epoch != store->epoch) {
		void *copy = renew(store, *chunk, sizeof(**chunk));

		if (!copy)
			return NULL;
		*chunk = copy;
	}
	return &(*chunk)->flow[number & (FB_FLOWS - 1)];
}

struct fb_traffic *fb_store_move(struct fb_store *store, uint32_t number)
{
	struct fb_traffic_chunk **chunk = &store->traffic[number >> FB_TRAFFIC_SHIFT];

	if ((*chunk)->epoch != store->epoch) {
		void *copy = renew(store, *chunk, sizeof(**chunk));

		if (!copy)
			return NULL;
		*chunk = copy;
	}
	return &(*chunk)->traffic[number & (FB_TRAFFICS - 1)];
}

struct fb_flow_quality *fb_store_measure(struct fb_store *store, uint32_t number)
{
	struct fb_quality_chunk **chunk = &store->quality[number >> FB_TRAFFIC_SHIFT];
	struct fb_quality_chunk *fresh;

	if (!*chunk) {
		fresh = fb_store_side(store, sizeof(*fresh));
		if (!fresh)
			return NULL;
		fresh->epoch = store->epoch;
		*chunk = fresh;
	} else if ((*chunk)->epoch != store->epoch) {
		fresh = renew(store, *chunk, sizeof(*fresh));
		if (!fresh)
			return NULL;
		*chunk = fresh;
	}
	return &(*chunk)->quality[number & (FB_TRAFFICS - 1)];
}

static void free_snapshot(struct fb_snapshot *snapshot)
{
	free(snapshot->flows);
	free(snapshot->traffic);
	free(snapshot->quality);
	free(snapshot->ended);
	free(snapshot->dns);
	free(snapshot);
}

/* Of any thread: what it alone saw is free at the next collection. */
static void release(struct fb_snapshot *snapshot)
{
	struct fb_store *store = snapshot->maker;

	pthread_mutex_lock(&store->lock);
	if (snapshot->older)
		snapshot->older->newer = snapshot->newer;
	else
		store->oldest = snapshot->newer;
	if (snapshot->newer)
		snapshot->newer->older = snapshot->older;
	else
		store->newest = snapshot->older;
	pthread_mutex_unlock(&store->lock);
	free_snapshot(snapshot);
}

struct fb_snapshot *fb_store_snapshot(struct fb_store *store, uint32_t max_ended)
{
	struct fb_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	snapshot->flows = malloc((store->n_flows + 1) * sizeof(*snapshot->flows));
	snapshot->traffic = malloc((store->n_traffic + 1) * sizeof(*snapshot->traffic));
	snapshot->quality =
		store->quality ? malloc((store->n_traffic + 1) * sizeof(*snapshot->quality)) : NULL;
	snapshot->ended = max_ended ? malloc(max_ended * sizeof(*snapshot->ended)) : NULL;
	if (!snapshot->flows || !snapshot->traffic || (store->quality && !snapshot->quality) ||
	    (max_ended && !snapshot->ended)) {
		free_snapshot(snapshot);
		return NULL;
	}
	memcpy(snapshot->flows, store->flows, store->n_flows * sizeof(*snapshot->flows));
	memcpy(snapshot->traffic, store->traffic, store->n_traffic * sizeof(*snapshot->traffic));
	if (snapshot->quality)
		memcpy(snapshot->quality, store->quality,
		       store->n_traffic * sizeof(*snapshot->quality));
	snapshot->link_names = store->link_names;
	snapshot->devices = store->devices;
	snapshot->n = store->n;
	snapshot->serial = fb_snapshot_serial();
	snapshot->epoch = store->epoch++;
	snapshot->release = release;
	snapshot->maker = store;
	atomic_init(&snapshot->refs, 1);

	pthread_mutex_lock(&store->lock);
	snapshot->older = store->newest;
	if (store->newest)
		store->newest->newer = snapshot;
	else
		store->oldest = snapshot;
	store->newest = snapshot;
	pthread_mutex_unlock(&store->lock);
	return snapshot;
}
