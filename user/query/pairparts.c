/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs by parts; see the header. */
#include "query/pairparts.h"

#include <errno.h>
#include <stdlib.h>

#include "util/bulk.h"

int fb_pair_parts_init(struct fb_pair_parts *parts, uint32_t max)
{
	const size_t size = ((size_t)max + 1) * sizeof(*parts->key);

	*parts = (struct fb_pair_parts){.key = fb_bulk_alloc(size), .sorted = fb_bulk_alloc(size)};
	return parts->key && parts->sorted ? fb_pairs_init(&parts->pairs) : -ENOMEM;
}

void fb_pair_parts_fini(struct fb_pair_parts *parts)
{
	fb_bulk_free(parts->key);
	fb_bulk_free(parts->sorted);
	fb_pairs_fini(&parts->pairs);
}

static unsigned int part_of(uint64_t hash)
{
	return (unsigned int)(hash >> 32) % FB_PAIR_PARTS;
}

void fb_pair_parts_add(struct fb_pair_parts *parts, const struct fb_pair *pair)
{
	parts->key[parts->n++] = pair->key;
	parts->size[part_of(pair->hash)]++;
}

static void sort(struct fb_pair_parts *parts)
{
	uint32_t end[FB_PAIR_PARTS], at = 0;

	for (unsigned int i = 0; i < FB_PAIR_PARTS; i++) {
		end[i] = at;
		at += parts->size[i];
	}
	for (uint32_t i = 0; i < parts->n; i++)
		parts->sorted[end[part_of(fb_pair_of(parts->key[i]).hash)]++] = parts->key[i];
}

int fb_pair_parts_count(struct fb_pair_parts *parts, void (*see)(uint32_t group, void *ctx),
			void *ctx)
{
	const uint64_t *key = parts->sorted;

	sort(parts);
	for (unsigned int i = 0; i < FB_PAIR_PARTS; i++) {
		fb_pairs_clear(&parts->pairs);
		for (uint32_t k = 0; k < parts->size[i]; k++, key++) {
			const struct fb_pair pair = fb_pair_of(*key);
			const int r = fb_pairs_add(&parts->pairs, &pair);

			if (r < 0)
				return r;
			if (r > 0)
				see(fb_pair_group(*key), ctx);
		}
	}
	return 0;
}
