/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of numbers; see the header. */
#include "util/numberset.h"

#include <errno.h>
#include <stdlib.h>

#include "util/hash.h"

#define FIRST 256

void fb_numberset_init(struct fb_numberset *set, uint32_t most)
{
	*set = (struct fb_numberset){.most = most};
}

void fb_numberset_fini(struct fb_numberset *set)
{
	free(set->slot);
	set->slot = NULL;
}

/* Where it is, or would be. */
static uint64_t *place_of(const struct fb_numberset *set, uint64_t number)
{
	uint32_t i = (uint32_t)fb_hash(&number, sizeof(number), 0) & (set->size - 1);

	while (set->slot[i] && set->slot[i] != number)
		i = (i + 1) & (set->size - 1);
	return &set->slot[i];
}

static int grow(struct fb_numberset *set)
{
	const struct fb_numberset old = *set;
	const uint32_t size = old.size ? old.size * 2 : FIRST;

	set->slot = calloc(size, sizeof(*set->slot));
	if (!set->slot) {
		*set = old;
		return -ENOMEM;
	}
	set->size = size;
	for (uint32_t i = 0; i < old.size; i++)
		if (old.slot[i])
			*place_of(set, old.slot[i]) = old.slot[i];
	free(old.slot);
	return 0;
}

int fb_numberset_add(struct fb_numberset *set, uint64_t number)
{
	uint64_t *place;

	if (!number) {
		const bool was_there = set->has_zero;

		set->has_zero = true;
		return !was_there;
	}
	if (fb_numberset_has(set, number))
		return 0;
	if (set->n == set->most)
		return -ENOSPC;
	if (set->n >= set->size / 2 && grow(set) < 0)
		return -ENOMEM;
	place = place_of(set, number);
	*place = number;
	set->n++;
	return 1;
}

bool fb_numberset_has(const struct fb_numberset *set, uint64_t number)
{
	return number ? set->size && *place_of(set, number) : set->has_zero;
}
