/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow records in chunks that the writer and snapshots share: a chunk that a snapshot holds is
 * copied before the writer changes it, so a snapshot costs one pointer per chunk and work goes
 * with the flows that moved. Writer functions belong to one thread; fb_store_view_put to any.
 */
#pragma once

#include <stdint.h>

#include "model/flow.h"

#define FB_CHUNK_FLOWS 128
#define FB_NO_FLOW     UINT32_MAX

struct fb_chunk {
	int refs;
	uint32_t n_used;		     /* records with an id */
	struct fb_flow flow[FB_CHUNK_FLOWS]; /* id 0: free */
};

struct fb_store {
	struct fb_chunk **chunk;
	uint32_t n_chunks, max_chunks;
	uint32_t *free; /* numbers of free records, the next at the end */
	uint32_t n_free, n_flows;
	uint64_t copies; /* chunks copied since the start */
};

/* Room for `max_flows` records at most, made as they are needed. */
int fb_store_init(struct fb_store *store, uint32_t max_flows);
void fb_store_fini(struct fb_store *store);

/* A zeroed record; its number, or FB_NO_FLOW when the store is full or memory is short. */
uint32_t fb_store_add(struct fb_store *store, uint64_t id);

/* Drop the record and its side records. */
void fb_store_remove(struct fb_store *store, uint32_t number);

static inline const struct fb_flow *fb_store_get(const struct fb_store *store, uint32_t number)
{
	return &store->chunk[number / FB_CHUNK_FLOWS]->flow[number % FB_CHUNK_FLOWS];
}

/* The record, to be changed. NULL when memory is short for the copy: try again next tick. */
struct fb_flow *fb_store_edit(struct fb_store *store, uint32_t number);

/* Take references to all chunks: an array of store->n_chunks, to be put by fb_store_view_put. */
int fb_store_view(struct fb_store *store, struct fb_chunk ***ret_chunks);
void fb_store_view_put(struct fb_chunk **chunks, uint32_t n);

/*
 * Side records: shared by refcount, freed with the last one. `edit` gives one that this flow alone
 * holds (a zeroed one if it had none), or NULL.
 */
struct fb_flow_names *fb_names_edit(const struct fb_flow_names **names);
struct fb_flow_tls *fb_tls_edit(const struct fb_flow_tls **tls);
struct fb_flow_nat *fb_nat_edit(const struct fb_flow_nat **nat);
struct fb_flow_links *fb_links_edit(const struct fb_flow_links **links);
