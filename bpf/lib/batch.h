/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows on their way back, many in one run: what the user half would take five system calls for. */
#pragma once

#include "lib/evict.h"

/*
 * Out of the index, if it leads here. A SYN that takes the key over between the look and the
 * delete, a few ns, makes one row more; no byte is lost by that.
 */
__noinline int batch_unlink(__u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);

	if (!row || !(row->state & FB_ROW_UNLINKED))
		return 0;
	return evict_index(row, slot);
}

/* A name of another generation is a newer flow's. */
static __always_inline void batch_unname(const struct fb_row *row)
{
	struct fb_key key = row->key;
	struct fb_name *name = bpf_map_lookup_elem(&fb_names, &key);

	if (name && name->generation == row->generation)
		bpf_map_delete_elem(&fb_names, &key);
}

/* Only what left, or was taken back, and once. Not live first: hints still lead to it. */
__noinline int batch_free(__u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u32 generation, state;

	if (!row)
		return 0;
	state = row->state;
	if (!(state & FB_ROW_UNLINKED))
		return 0;
	if (state & FB_ROW_NAMED)
		batch_unname(row);
	evict_owner(slot, state);
	generation = row->generation;
	__sync_lock_test_and_set(STATE_WORD(row), 0);
	__builtin_memset(row, 0, sizeof(*row));
	row->generation = generation;
	return !bpf_map_push_elem(&fb_free, &slot, BPF_ANY);
}

static __always_inline int batch_take(__u32 *slot)
{
	struct fb_row *row;

	if (bpf_map_pop_elem(&fb_free, slot))
		return 0;
	row = bpf_map_lookup_elem(&fb_flows, slot);
	if (row)
		row->state = FB_ROW_UNLINKED;
	return 1;
}

static __always_inline void batch_run(struct fb_batch *batch)
{
	__u32 i, done = 0, slot;

	for (i = 0; i < FB_BATCH_MAX; i++) {
		if (i >= batch->n)
			break;
		slot = batch->slot[i];
		switch (batch->what) {
		case FB_BATCH_UNLINK:
			done += batch_unlink(slot) & 1;
			break;
		case FB_BATCH_FREE:
			done += batch_free(slot) & 1;
			break;
		default:
			if (!batch_take(&slot))
				goto out;
			batch->slot[i] = slot;
			done++;
		}
	}
out:
	batch->done = done;
}
