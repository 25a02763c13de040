/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow records in chunks that the writer and snapshots share. A chunk that a snapshot may hold is
 * copied before the writer changes it; what snapshots may still see waits in limbo until the last
 * of them is gone, so records carry no reference counts. Writer functions belong to one thread.
 */
#pragma once

#include <pthread.h>

#include "flow/snapshot.h"
#include "util/index.h"
#include "util/slabs.h"

struct fb_limbo {
	void *memory;
	uint64_t born, epoch; /* the first and the last snapshot that may see it */
	enum fb_limbo_kind {
		FB_LIMBO_SLABS, /* memory of fb_store.slabs */
		FB_LIMBO_MALLOC,
	} kind;
};

struct fb_store {
	struct fb_flow_chunk **flows;
	struct fb_traffic_chunk **traffic;
	struct fb_quality_chunk **quality; /* likewise, made when one of its records is measured */
	uint32_t n_flows, n_traffic;	   /* chunks */
	uint32_t n, max;		   /* records that were ever used; that there may be */
	uint32_t *free;			   /* numbers of free records, the next at the end */
	uint32_t n_free;
	uint64_t epoch; /* of the snapshot that comes next: chunks made in it may be written */

	struct fb_limbo *limbo;
	size_t limbo_size, n_limbo;

	struct fb_slabs slabs; /* of chunks and side records */
	char (*link_names)[FB_LINK_NAME];
	struct fb_devicelist *devices; /* NULL: none are known */

	pthread_mutex_t lock; /* guards the list of snapshots */
	struct fb_snapshot *oldest, *newest;
};

/* `measured`: records have a quality, too. */
int fb_store_init(struct fb_store *store, uint32_t max_flows, bool measured);
void fb_store_fini(struct fb_store *store);

/* A zeroed record; FB_NONE when the store is full or memory is short. */
uint32_t fb_store_add(struct fb_store *store);
/* Give the record and its side records up. */
void fb_store_remove(struct fb_store *store, uint32_t number);

static inline const struct fb_flow *fb_store_flow(const struct fb_store *store, uint32_t number)
{
	return &store->flows[number >> FB_FLOWS_SHIFT]->flow[number & (FB_FLOWS - 1)];
}

static inline const struct fb_traffic *fb_store_traffic(const struct fb_store *store,
							uint32_t number)
{
	return &store->traffic[number >> FB_TRAFFIC_SHIFT]->traffic[number & (FB_TRAFFICS - 1)];
}

/* NULL: not known. */
static inline const struct fb_flow_quality *fb_store_quality(const struct fb_store *store,
							     uint32_t number)
{
	const struct fb_quality_chunk *chunk =
		store->quality ? store->quality[number >> FB_TRAFFIC_SHIFT] : NULL;
	const struct fb_flow_quality *quality =
		chunk ? &chunk->quality[number & (FB_TRAFFICS - 1)] : NULL;

	return quality && quality->generation ? quality : NULL;
}

/* To be changed; NULL when memory is short for a copy. */
struct fb_flow *fb_store_edit(struct fb_store *store, uint32_t number);
struct fb_traffic *fb_store_move(struct fb_store *store, uint32_t number);
/* Likewise; only of a store whose records are measured. */
struct fb_flow_quality *fb_store_measure(struct fb_store *store, uint32_t number);

/* What is known of it, to be changed; NULL also when nothing is. */
static inline struct fb_flow_quality *fb_store_measured(struct fb_store *store, uint32_t number)
{
	return fb_store_quality(store, number) ? fb_store_measure(store, number) : NULL;
}

/* Room for a side record, zeroed; NULL: memory is short. Until it stands in a flow it may be freed.
 */
void *fb_store_side(struct fb_store *store, size_t size);
void fb_store_side_free(struct fb_store *store, void *side);
/* Such that snapshots may still see, made in epoch `born` (0: not known); NULL is fine. */
void fb_store_retire(struct fb_store *store, const void *side, uint64_t born);
/* Other names of links, [FB_LINK_MAX] from malloc, which the store owns from here on. */
void fb_store_name_links(struct fb_store *store, char (*names)[FB_LINK_NAME]);
/* Another list of devices, from malloc, likewise. */
void fb_store_name_devices(struct fb_store *store, struct fb_devicelist *devices);

/* A snapshot of now with room for its list of ends, and the next epoch; NULL: memory is short. */
struct fb_snapshot *fb_store_snapshot(struct fb_store *store, uint32_t max_ended);
/* Free what no snapshot sees any more. */
void fb_store_collect(struct fb_store *store);
