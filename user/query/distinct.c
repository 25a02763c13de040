/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of hashes, and how many different ones there were. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/query_priv.h"

#define FIRST_SET 1024
#define BITS	  (1u << 19) /* 64 kB, that caches keep: a million hashes set six bits of seven */

int fb_set_init(struct fb_set *set)
{
	*set = (struct fb_set){calloc(FIRST_SET, sizeof(*set->slot)), FIRST_SET - 1, 0};
	return set->slot ? 0 : -ENOMEM;
}

void fb_set_fini(struct fb_set *set)
{
	free(set->slot);
	*set = (struct fb_set){0};
}

static uint64_t *set_probe(const struct fb_set *set, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & set->mask;

	while (set->slot[i] && set->slot[i] != hash)
		i = (i + 1) & set->mask;
	return &set->slot[i];
}

static int set_grow(struct fb_set *set)
{
	struct fb_set larger = {.mask = set->mask * 4 + 3, .n = set->n};

	larger.slot = calloc((size_t)larger.mask + 1, sizeof(*larger.slot));
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= set->mask; i++)
		if (set->slot[i])
			*set_probe(&larger, set->slot[i]) = set->slot[i];
	free(set->slot);
	*set = larger;
	return 0;
}

int fb_set_add(struct fb_set *set, uint64_t hash)
{
	uint64_t *slot;

	hash += !hash;
	slot = set_probe(set, hash);
	if (*slot)
		return 0;
	if (set->n >= set->mask / 2) {
		if (set_grow(set) < 0)
			return -ENOMEM;
		slot = set_probe(set, hash);
	}
	*slot = hash;
	set->n++;
	return 1;
}

int fb_distinct_init(struct fb_distinct *distinct)
{
	*distinct = (struct fb_distinct){0};
	return fb_set_init(&distinct->set);
}

void fb_distinct_fini(struct fb_distinct *distinct)
{
	fb_set_fini(&distinct->set);
	free(distinct->bits);
	distinct->bits = NULL;
}

static void set_bit(struct fb_distinct *distinct, uint64_t hash)
{
	uint64_t *word = &distinct->bits[hash % BITS / 64], bit = 1ull << hash % 64;

	distinct->n_bits += !(*word & bit);
	*word |= bit;
}

int fb_distinct_add(struct fb_distinct *distinct, uint64_t hash)
{
	int r;

	if (distinct->bits) {
		set_bit(distinct, hash);
		return 0;
	}
	r = fb_set_add(&distinct->set, hash);
	if (r < 0 || distinct->set.n <= FB_DISTINCT_EXACT)
		return r < 0 ? r : 0;
	distinct->bits = calloc(BITS / 64, sizeof(*distinct->bits));
	if (!distinct->bits)
		return -ENOMEM;
	for (uint32_t i = 0; i <= distinct->set.mask; i++)
		if (distinct->set.slot[i])
			set_bit(distinct, distinct->set.slot[i]);
	return 0;
}

uint64_t fb_distinct_count(const struct fb_distinct *distinct)
{
	double empty = (double)(BITS - distinct->n_bits) / BITS;

	if (!distinct->bits)
		return distinct->set.n;
	/* Linear counting: bits that are hit twice are made up for. */
	return empty > 0 ? (uint64_t)(-(double)BITS * log(empty) + 0.5) : BITS;
}

struct order {
	int (*compare)(const void *a, const void *b, void *ctx);
	void *ctx;
};

static int compare_pointers(const void *a, const void *b, void *order_)
{
	const struct order *order = order_;

	return order->compare(*(void *const *)a, *(void *const *)b, order->ctx);
}

/* Hoare's partition: afterwards [from, j] come no later than [j + 1, to). Returns j, < to - 1. */
static uint32_t split(void **items, uint32_t from, uint32_t to, const struct order *order)
{
	const void *pivot = items[from + (to - 1 - from) / 2];
	uint32_t i = from, j = to - 1;

	for (;;) {
		void *item;

		while (order->compare(items[i], pivot, order->ctx) < 0)
			i++;
		while (order->compare(items[j], pivot, order->ctx) > 0)
			j--;
		if (i >= j)
			return j;
		item = items[i];
		items[i++] = items[j];
		items[j--] = item;
	}
}

/* Quickselect: what belongs to the first k moves to the front, then those are sorted. */
void fb_select(void **items, uint32_t n, uint32_t k,
	       int (*compare)(const void *a, const void *b, void *ctx), void *ctx)
{
	struct order order = {compare, ctx};
	uint32_t from = 0, to = n;

	while (k && k < n && to - from > 1) {
		uint32_t j = split(items, from, to, &order);

		if (k <= j + 1)
			to = j + 1;
		else
			from = j + 1;
	}
	if (k)
		qsort_r(items, k < n ? k : n, sizeof(*items), compare_pointers, &order);
}
