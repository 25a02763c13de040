/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selection and sorting of a part. Inline, so that a comparison that is known where it is used
 * costs no call. `compare` gives < 0 where its first argument comes first, as qsort_r has it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

typedef int fb_compare_fn(const void *a, const void *b, void *ctx);

#define FB_SELECT_ITEM 64 /* bytes of an item, at most */

/* What qsort_r does, but nothing for no items, which may stand nowhere. */
static inline void fb_sort(void *items, size_t n, size_t size, fb_compare_fn *compare, void *ctx)
{
	if (n > 1)
		qsort_r(items, n, size, compare, ctx);
}

/* Reorder so that the k first stand in front, the last of them at k - 1: Hoare's quickselect. */
static inline __attribute__((always_inline)) void
fb_select(void *items, uint32_t n, size_t size, uint32_t k, fb_compare_fn *compare, void *ctx)
{
	char pivot[FB_SELECT_ITEM], swap[FB_SELECT_ITEM];
	uint32_t low = 0, high = n ? n - 1 : 0;
	/* No order that items come in makes this slow but by bad luck. */
	uint32_t luck = (uint32_t)fb_hash(&n, sizeof(n), 0);

#define ITEM(i) ((char *)items + (size_t)(i) * size)
	while (k && k < n && low < high) {
		uint32_t i = low, j = high;

		luck = luck * 1664525 + 1013904223;
		memcpy(pivot, ITEM(low + (uint32_t)(((uint64_t)(high - low) * luck) >> 32)), size);
		for (;;) {
			while (compare(ITEM(i), pivot, ctx) < 0)
				i++;
			while (compare(pivot, ITEM(j), ctx) < 0)
				j--;
			if (i >= j)
				break;
			memcpy(swap, ITEM(i), size);
			memcpy(ITEM(i), ITEM(j), size);
			memcpy(ITEM(j), swap, size);
			i++;
			j--;
		}
		if (k - 1 <= j)
			high = j;
		else
			low = j + 1;
	}
#undef ITEM
}

/*
 * The first ones of many that come in any order: most lose by one comparison with the last of those
 * that were kept.
 */
struct fb_best {
	void *item; /* the caller's, room for 2 * k */
	uint32_t k, n;
	bool cut; /* nothing behind the k-th can be one of them */
};

static inline void fb_best_begin(struct fb_best *best, void *room, uint32_t k)
{
	*best = (struct fb_best){.item = room, .k = k};
}

static inline __attribute__((always_inline)) void
fb_best_add(struct fb_best *best, const void *item, size_t size, fb_compare_fn *compare, void *ctx)
{
	const void *last = (char *)best->item + (best->k ? best->k - 1 : 0) * size;

	if (!best->k || (best->cut && compare(item, last, ctx) >= 0))
		return;
	if (best->n == 2 * best->k) {
		fb_select(best->item, best->n, size, best->k, compare, ctx);
		best->n = best->k;
		best->cut = true;
		if (compare(item, last, ctx) >= 0)
			return;
	}
	memcpy((char *)best->item + best->n++ * size, item, size);
}

/* In their order; their number. */
static inline __attribute__((always_inline)) uint32_t fb_best_end(struct fb_best *best, size_t size,
								  fb_compare_fn *compare, void *ctx)
{
	fb_select(best->item, best->n, size, best->k, compare, ctx);
	best->n = best->n < best->k ? best->n : best->k;
	fb_sort(best->item, best->n, size, compare, ctx);
	return best->n;
}
