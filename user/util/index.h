/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash index of numbers: 8 bytes an entry, the values stand with the caller, who compares them.
 * Open addressing, backward-shift deletion. Used by one thread.
 *
 *	for (it = fb_index_begin(hash); fb_index_next(index, &it, &number);)
 *		if (is_mine(number)) ...
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/hash.h"

#define FB_NONE UINT32_MAX

struct fb_index {
	struct fb_index_slot {
		uint32_t hash, number; /* FB_NONE: empty */
	} *slot;
	uint32_t mask, n;
};

struct fb_index_it {
	uint32_t hash, step;
};

int fb_index_init(struct fb_index *index);
void fb_index_fini(struct fb_index *index);
/* Empty it; its room is kept, but for what was far too large. */
void fb_index_clear(struct fb_index *index);

/* Room for `n`, if it is known before how many come. 0 or -ENOMEM. */
int fb_index_reserve(struct fb_index *index, uint32_t n);
/* -ENOMEM; the same (hash, number) must not be in yet. */
int fb_index_add(struct fb_index *index, uint64_t hash, uint32_t number);
void fb_index_remove(struct fb_index *index, uint64_t hash, uint32_t number);

static inline struct fb_index_it fb_index_begin(uint64_t hash)
{
	return (struct fb_index_it){(uint32_t)hash, 0};
}

/* What is looked up soon need not be waited for then. */
static inline void fb_index_prefetch(const struct fb_index *index, uint64_t hash)
{
	__builtin_prefetch(&index->slot[(uint32_t)hash & index->mask]);
}

static inline bool fb_index_next(const struct fb_index *index, struct fb_index_it *it,
				 uint32_t *ret_number)
{
	for (;;) {
		const struct fb_index_slot *slot =
			&index->slot[(it->hash + it->step) & index->mask];

		if (slot->number == FB_NONE)
			return false;
		it->step++;
		if (slot->hash == it->hash) {
			*ret_number = slot->number;
			return true;
		}
	}
}
