/* SPDX-License-Identifier: BSD-2-Clause */
/* How many different addresses: by a list that grows, then by a bitmap. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/query_priv.h"

#define FIRST_ADDRS 64
#define BITS	    (1u << 19) /* 64 kB, that caches keep: a million hashes set six bits of seven */

int fb_distinct_init(struct fb_distinct *distinct)
{
	*distinct = (struct fb_distinct){0};
	return fb_index_init(&distinct->index);
}

void fb_distinct_fini(struct fb_distinct *distinct)
{
	fb_index_fini(&distinct->index);
	free(distinct->addr);
	free(distinct->bits);
	*distinct = (struct fb_distinct){0};
}

static uint64_t hash_of(const uint8_t *addr, uint8_t family)
{
	return fb_hash_addr(addr, family);
}

static void set_bit(struct fb_distinct *distinct, uint64_t hash)
{
	uint64_t *word = &distinct->bits[hash % BITS / 64], bit = 1ull << hash % 64;

	distinct->n_bits += !(*word & bit);
	*word |= bit;
}

static int begin_estimate(struct fb_distinct *distinct)
{
	distinct->bits = calloc(BITS / 64, sizeof(*distinct->bits));
	if (!distinct->bits)
		return -ENOMEM;
	for (uint32_t i = 0; i < distinct->n; i++)
		set_bit(distinct, hash_of(distinct->addr[i].addr, distinct->addr[i].family));
	return 0;
}

static bool is_in(const struct fb_distinct *distinct, uint64_t hash, const uint8_t *addr,
		  uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&distinct->index, &it, &i))
		if (distinct->addr[i].family == family && !memcmp(distinct->addr[i].addr, addr, 16))
			return true;
	return false;
}

static int append(struct fb_distinct *distinct, const uint8_t *addr, uint8_t family)
{
	if (distinct->n == distinct->size) {
		uint32_t size = distinct->size ? distinct->size * 2 : FIRST_ADDRS;
		void *larger = realloc(distinct->addr, size * sizeof(*distinct->addr));

		if (!larger)
			return -ENOMEM;
		distinct->addr = larger;
		distinct->size = size;
	}
	memcpy(distinct->addr[distinct->n].addr, addr, 16);
	distinct->addr[distinct->n++].family = family;
	return 0;
}

int fb_distinct_add(struct fb_distinct *distinct, const uint8_t addr[static 16], uint8_t family)
{
	const uint64_t hash = hash_of(addr, family);

	if (distinct->bits) {
		set_bit(distinct, hash);
		return 0;
	}
	if (is_in(distinct, hash, addr, family))
		return 0;
	if (append(distinct, addr, family) < 0 ||
	    fb_index_add(&distinct->index, hash, distinct->n - 1) < 0)
		return -ENOMEM;
	return distinct->n > FB_DISTINCT_EXACT ? begin_estimate(distinct) : 0;
}

uint64_t fb_distinct_count(const struct fb_distinct *distinct)
{
	double empty = (double)(BITS - distinct->n_bits) / BITS;

	if (!distinct->bits)
		return distinct->n;
	/* Linear counting: bits that are hit twice are made up for. */
	return empty > 0 ? (uint64_t)(-(double)BITS * log(empty) + 0.5) : BITS;
}
