/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of a group and an address; see the header. */
#include "query/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/snapshot.h"
#include "util/bulk.h"

#define FIRST_SLOTS 1024
#define FIRST_ADDRS 64

#define IS_IPV6	    (1ull << 32)

_Static_assert(FB_ID_NUMBER < FB_PAIR_IN_USE >> FB_PAIR_GROUP_SHIFT, "a pair fits into its number");

static uint64_t *slots_new(uint32_t n)
{
	uint64_t *slot = fb_bulk_alloc((size_t)n * sizeof(*slot));

	if (slot)
		memset(slot, 0, (size_t)n * sizeof(*slot));
	return slot;
}

int fb_pairs_init(struct fb_pairs *pairs)
{
	*pairs = (struct fb_pairs){.slot = slots_new(FIRST_SLOTS), .mask = FIRST_SLOTS - 1};
	return pairs->slot ? fb_index_init(&pairs->index) : -ENOMEM;
}

void fb_pairs_fini(struct fb_pairs *pairs)
{
	fb_bulk_free(pairs->slot);
	fb_bulk_free(pairs->addr6);
	fb_index_fini(&pairs->index);
}

void fb_pairs_clear(struct fb_pairs *pairs)
{
	if (pairs->n)
		memset(pairs->slot, 0, ((size_t)pairs->mask + 1) * sizeof(*pairs->slot));
	pairs->n = 0;
}

/* The place of an IPv6 address in the list, where it is put if it was not there; FB_NONE: no
 * memory. */
static uint32_t number_of(struct fb_pairs *pairs, const uint8_t *addr)
{
	const uint64_t hash = fb_hash_addr(addr, FB_IPV6);
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&pairs->index, &it, &i))
		if (!memcmp(pairs->addr6[i], addr, 16))
			return i;
	if (pairs->n6 == pairs->size6) {
		const uint32_t size = pairs->size6 ? pairs->size6 * 2 : FIRST_ADDRS;
		void *larger = fb_bulk_grow(pairs->addr6, pairs->n6 * sizeof(*pairs->addr6),
					    size * sizeof(*pairs->addr6));

		if (!larger)
			return FB_NONE;
		pairs->addr6 = larger;
		pairs->size6 = size;
	}
	if (fb_index_add(&pairs->index, hash, pairs->n6) < 0)
		return FB_NONE;
	memcpy(pairs->addr6[pairs->n6], addr, 16);
	return pairs->n6++;
}

int fb_pairs_make(struct fb_pairs *pairs, uint32_t group, const uint8_t addr[static 16],
		  uint8_t family, struct fb_pair *ret_pair)
{
	uint32_t number;

	ret_pair->key = FB_PAIR_IN_USE | (uint64_t)group << FB_PAIR_GROUP_SHIFT;
	if (family == FB_IPV6) {
		number = number_of(pairs, addr);
		if (number == FB_NONE)
			return -ENOMEM;
		ret_pair->key |= IS_IPV6;
	} else {
		memcpy(&number, addr + 12, sizeof(number));
	}
	ret_pair->key |= number;
	*ret_pair = fb_pair_of(ret_pair->key);
	__builtin_prefetch(&pairs->slot[ret_pair->hash & pairs->mask], 1);
	return 0;
}

/* Where the key is, or would be. */
static uint32_t find(const struct fb_pairs *pairs, const struct fb_pair *pair)
{
	uint32_t i = (uint32_t)pair->hash & pairs->mask;

	while (pairs->slot[i] && pairs->slot[i] != pair->key)
		i = (i + 1) & pairs->mask;
	return i;
}

static int grow(struct fb_pairs *pairs)
{
	struct fb_pairs larger = *pairs;

	larger.mask = pairs->mask * 4 + 3;
	larger.slot = slots_new(larger.mask + 1);
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= pairs->mask; i++) {
		const struct fb_pair pair = fb_pair_of(pairs->slot[i]);

		if (pair.key)
			larger.slot[find(&larger, &pair)] = pair.key;
	}
	fb_bulk_free(pairs->slot);
	*pairs = larger;
	return 0;
}

int fb_pairs_add(struct fb_pairs *pairs, const struct fb_pair *pair)
{
	uint32_t i = find(pairs, pair);

	if (pairs->slot[i])
		return 0;
	if (pairs->n >= pairs->mask / 4 * 3) {
		if (grow(pairs) < 0)
			return -ENOMEM;
		i = find(pairs, pair);
	}
	pairs->slot[i] = pair->key;
	pairs->n++;
	return 1;
}
