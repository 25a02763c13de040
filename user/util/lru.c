/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, a line a set, and items behind them in one piece; see the header. */
#include "util/lru.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct fb_lru_set) == FB_LRU_LINE, "to look one up is to wait for one line");

int fb_lru_init(struct fb_lru *lru, uint32_t size, uint32_t max)
{
	*lru = (struct fb_lru){.size = size, .sets = (max + FB_LRU_WAYS - 1) / FB_LRU_WAYS};
	lru->max = lru->sets * FB_LRU_WAYS;
	/* Of zeroes that the system has yet to find: what is not used takes no memory. */
	lru->memory = calloc(1, fb_lru_memory(lru) + FB_LRU_LINE);
	if (!lru->memory)
		return -ENOMEM;
	lru->set = (void *)(((uintptr_t)lru->memory + FB_LRU_LINE - 1) &
			    ~(uintptr_t)(FB_LRU_LINE - 1));
	lru->items = (char *)&lru->set[lru->sets];
	return 0;
}

void fb_lru_fini(struct fb_lru *lru)
{
	free(lru->memory);
	*lru = (struct fb_lru){0};
}

void *fb_lru_find(struct fb_lru *lru, uint64_t key)
{
	struct fb_lru_place place;

	fb_lru_place(&place, lru, key);
	return fb_lru_find_at(&place);
}

void *fb_lru_get(struct fb_lru *lru, uint64_t key, bool *ret_is_new)
{
	struct fb_lru_place place;

	fb_lru_place(&place, lru, key);
	return fb_lru_get_at(&place, ret_is_new);
}

static void set_tag(struct fb_lru_set *set, unsigned int byte, uint64_t tag)
{
	set->tags = (set->tags & ~(0xffull << byte * 8)) | tag << byte * 8;
}

void fb_lru_remove(struct fb_lru *lru, void *item)
{
	const size_t i = (size_t)((const char *)item - lru->items) / lru->size;

	set_tag(&lru->set[i / FB_LRU_WAYS], i % FB_LRU_WAYS, 0);
	lru->set[i / FB_LRU_WAYS].key[i % FB_LRU_WAYS] = 0;
	lru->n--;
}

/* Of a set where no place is free. */
static unsigned int evict(struct fb_lru_set *set)
{
	unsigned int way = fb_lru_next(set), next;

	for (;; way = next) {
		next = way + 1 < FB_LRU_WAYS ? way + 1 : 0;
		if (!(set->key[way] & FB_LRU_ASKED))
			break;
		set->key[way] &= ~FB_LRU_ASKED;
	}
	set_tag(set, FB_LRU_WAYS, next);
	return way;
}

void *fb_lru_make_at(struct fb_lru_place *place)
{
	struct fb_lru *lru = place->lru;
	const bool full = !fb_lru_tagged(place->set->tags, 0);
	void *item;

	lru->evicted += full;
	lru->n += !full;
	lru->comings++;
	place->way = full ? evict(place->set) : fb_lru_next(place->set);
	set_tag(place->set, place->way, fb_lru_tag(place->key));
	place->set->key[place->way] = place->key & ~FB_LRU_ASKED;
	item = fb_lru_item(lru, place->set, place->way);
	memset(item, 0, lru->size);
	return item;
}

size_t fb_lru_memory(const struct fb_lru *lru)
{
	return (size_t)lru->sets * sizeof(*lru->set) + (size_t)lru->size * lru->max;
}
