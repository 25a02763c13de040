/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks of flow records, copied on write, and the side records they refer to. */
#include "model/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/scope.h"

static void side_get(const void *side)
{
	if (side)
		__atomic_fetch_add((int *)side, 1, __ATOMIC_RELAXED);
}

static void side_put(const void *side)
{
	if (side && __atomic_fetch_sub((int *)side, 1, __ATOMIC_ACQ_REL) == 1)
		free((void *)side);
}

/* Every side record starts with its reference count. */
#define SIDES(flow)                                                                                \
	{                                                                                          \
		(flow)->names, (flow)->src_names, (flow)->tls, (flow)->nat, (flow)->links          \
	}

static void flow_each_side(const struct fb_flow *flow, void (*fn)(const void *side))
{
	const void *sides[] = SIDES(flow);

	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++)
		fn(sides[i]);
}

static void *side_edit(const void **side, size_t size)
{
	void *own;

	if (*side && __atomic_load_n((const int *)*side, __ATOMIC_ACQUIRE) == 1)
		return (void *)*side;
	own = *side ? malloc(size) : calloc(1, size);
	if (!own)
		return NULL;
	if (*side)
		memcpy(own, *side, size);
	*(int *)own = 1;
	side_put(*side);
	*side = own;
	return own;
}

struct fb_flow_names *fb_names_edit(const struct fb_flow_names **names)
{
	return side_edit((const void **)names, sizeof(**names));
}

struct fb_flow_tls *fb_tls_edit(const struct fb_flow_tls **tls)
{
	return side_edit((const void **)tls, sizeof(**tls));
}

struct fb_flow_nat *fb_nat_edit(const struct fb_flow_nat **nat)
{
	return side_edit((const void **)nat, sizeof(**nat));
}

struct fb_flow_links *fb_links_edit(const struct fb_flow_links **links)
{
	return side_edit((const void **)links, sizeof(**links));
}

static void chunk_put(struct fb_chunk *chunk)
{
	if (__atomic_fetch_sub(&chunk->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	for (uint32_t i = 0; i < FB_CHUNK_FLOWS; i++)
		if (chunk->flow[i].id)
			flow_each_side(&chunk->flow[i], side_put);
	free(chunk);
}

static struct fb_chunk *chunk_copy(const struct fb_chunk *chunk)
{
	struct fb_chunk *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, chunk, sizeof(*copy));
	copy->refs = 1;
	for (uint32_t i = 0; i < FB_CHUNK_FLOWS; i++)
		if (copy->flow[i].id)
			flow_each_side(&copy->flow[i], side_get);
	return copy;
}

int fb_store_init(struct fb_store *store, uint32_t max_flows)
{
	const uint32_t max_chunks = (max_flows + FB_CHUNK_FLOWS - 1) / FB_CHUNK_FLOWS;

	*store = (struct fb_store){.max_chunks = max_chunks};
	store->chunk = calloc(max_chunks, sizeof(*store->chunk));
	store->free = calloc((size_t)max_chunks * FB_CHUNK_FLOWS, sizeof(*store->free));
	if (!store->chunk || !store->free) {
		fb_store_fini(store);
		return -ENOMEM;
	}
	return 0;
}

void fb_store_fini(struct fb_store *store)
{
	for (uint32_t i = 0; i < store->n_chunks; i++)
		chunk_put(store->chunk[i]);
	free(store->chunk);
	free(store->free);
	*store = (struct fb_store){0};
}

static int add_chunk(struct fb_store *store)
{
	const uint32_t first = store->n_chunks * FB_CHUNK_FLOWS;
	struct fb_chunk *chunk;

	if (store->n_chunks == store->max_chunks)
		return -ENOSPC;
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return -ENOMEM;
	chunk->refs = 1;
	store->chunk[store->n_chunks++] = chunk;
	for (uint32_t i = FB_CHUNK_FLOWS; i > 0; i--)
		store->free[store->n_free++] = first + i - 1;
	return 0;
}

/* The chunk of a record, ours alone. */
static struct fb_chunk *own_chunk(struct fb_store *store, uint32_t number)
{
	struct fb_chunk **chunk = &store->chunk[number / FB_CHUNK_FLOWS];
	struct fb_chunk *copy;

	if (__atomic_load_n(&(*chunk)->refs, __ATOMIC_ACQUIRE) == 1)
		return *chunk;
	copy = chunk_copy(*chunk);
	if (!copy)
		return NULL;
	chunk_put(*chunk);
	*chunk = copy;
	store->copies++;
	return copy;
}

uint32_t fb_store_add(struct fb_store *store, uint64_t id)
{
	struct fb_chunk *chunk;
	uint32_t number;

	if (store->n_free == 0 && add_chunk(store) < 0)
		return FB_NO_FLOW;
	number = store->free[store->n_free - 1];
	chunk = own_chunk(store, number);
	if (!chunk)
		return FB_NO_FLOW;
	store->n_free--;
	store->n_flows++;
	chunk->n_used++;
	chunk->flow[number % FB_CHUNK_FLOWS] = (struct fb_flow){.id = id};
	return number;
}

void fb_store_remove(struct fb_store *store, uint32_t number)
{
	struct fb_chunk *chunk = own_chunk(store, number);
	struct fb_flow *flow;

	if (!chunk)
		return;
	flow = &chunk->flow[number % FB_CHUNK_FLOWS];
	flow_each_side(flow, side_put);
	*flow = (struct fb_flow){0};
	chunk->n_used--;
	store->n_flows--;
	store->free[store->n_free++] = number;
}

struct fb_flow *fb_store_edit(struct fb_store *store, uint32_t number)
{
	struct fb_chunk *chunk = own_chunk(store, number);

	return chunk ? &chunk->flow[number % FB_CHUNK_FLOWS] : NULL;
}

int fb_store_view(struct fb_store *store, struct fb_chunk ***ret_chunks)
{
	struct fb_chunk **chunks = malloc((store->n_chunks + 1) * sizeof(struct fb_chunk *));

	if (!chunks)
		return -ENOMEM;
	for (uint32_t i = 0; i < store->n_chunks; i++) {
		chunks[i] = store->chunk[i];
		__atomic_fetch_add(&chunks[i]->refs, 1, __ATOMIC_RELAXED);
	}
	*ret_chunks = chunks;
	return 0;
}

void fb_store_view_put(struct fb_chunk **chunks, uint32_t n)
{
	if (!chunks)
		return;
	for (uint32_t i = 0; i < n; i++)
		chunk_put(chunks[i]);
	free(chunks);
}
