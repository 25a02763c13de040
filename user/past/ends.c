/* SPDX-License-Identifier: BSD-2-Clause */
#include "past/ends.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/shares.h"

struct fb_ends {
	pthread_mutex_t lock;
	struct fb_shares shares; /* by client */
	struct fb_index index;	 /* by id */
	struct end {
		uint64_t id;
		int64_t ms;
		uint8_t closed;
	} end[FB_ENDS];
	uint64_t forgotten;
};

int fb_ends_new(struct fb_ends **ret_ends)
{
	struct fb_ends *ends = calloc(1, sizeof(*ends));
	int r;

	if (!ends)
		return -ENOMEM;
	pthread_mutex_init(&ends->lock, NULL);
	r = fb_index_init(&ends->index);
	if (r == 0)
		r = fb_shares_init(&ends->shares, FB_ENDS);
	if (r < 0) {
		fb_ends_free(ends);
		return r;
	}
	*ret_ends = ends;
	return 0;
}

void fb_ends_free(struct fb_ends *ends)
{
	if (!ends)
		return;
	fb_shares_fini(&ends->shares);
	fb_index_fini(&ends->index);
	pthread_mutex_destroy(&ends->lock);
	free(ends);
}

static uint64_t hash_of(uint64_t id)
{
	return fb_hash(&id, sizeof(id), 0);
}

static uint32_t find(const struct fb_ends *ends, uint64_t id)
{
	struct fb_index_it it = fb_index_begin(hash_of(id));
	uint32_t i;

	while (fb_index_next(&ends->index, &it, &i))
		if (ends->end[i].id == id)
			return i;
	return FB_NONE;
}

static uint32_t add(struct fb_ends *ends, const struct fb_flow *flow)
{
	uint8_t key[FB_SHARES_KEY];
	bool evicted;
	uint32_t i;

	memcpy(key, flow->src, 16);
	key[16] = flow->family;
	i = fb_shares_take(&ends->shares, key, &evicted);
	if (i == FB_NONE)
		return i;
	if (evicted) {
		fb_index_remove(&ends->index, hash_of(ends->end[i].id), i);
		ends->forgotten++;
	}
	if (fb_index_add(&ends->index, hash_of(flow->id), i) < 0) {
		fb_shares_give(&ends->shares, i);
		return FB_NONE;
	}
	return i;
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_ends *ends = ctx;
	struct fb_flow_at at;

	(void)losses;
	pthread_mutex_lock(&ends->lock);
	for (uint32_t k = 0; k < snapshot->n_ended; k++) {
		uint32_t i;

		if (!fb_snapshot_at(snapshot, snapshot->ended[k], &at))
			continue;
		i = find(ends, at.flow->id); /* one that is told again has a later end */
		if (i == FB_NONE)
			i = add(ends, at.flow);
		if (i != FB_NONE)
			ends->end[i] = (struct end){
				at.flow->id, fb_snapshot_wall_ms(snapshot, at.flow->closed_at),
				at.flow->closed};
	}
	pthread_mutex_unlock(&ends->lock);
	return 0;
}

const struct fb_consumer_ops fb_ends_consumer = {
	.name = "ends",
	.tick = tick,
};

bool fb_ends_find(struct fb_ends *ends, uint64_t id, int64_t *ret_ms, unsigned int *ret_closed)
{
	uint32_t i;

	pthread_mutex_lock(&ends->lock);
	i = find(ends, id);
	if (i != FB_NONE) {
		*ret_ms = ends->end[i].ms;
		*ret_closed = ends->end[i].closed;
	}
	pthread_mutex_unlock(&ends->lock);
	return i != FB_NONE;
}

uint64_t fb_ends_forgotten(struct fb_ends *ends)
{
	uint64_t forgotten;

	pthread_mutex_lock(&ends->lock);
	forgotten = ends->forgotten;
	pthread_mutex_unlock(&ends->lock);
	return forgotten;
}
