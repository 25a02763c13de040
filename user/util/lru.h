/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of so many items and no more, by a number of 63 bits, which is a hash: where one more
 * comes, another makes room, and is counted. Like a processor's cache it is of sets, of seven, each
 * with its keys in one line of memory: to look something up is to wait for two lines, and to make
 * room for none. In a set, who goes is found by a hand that walks around (the clock of operating
 * systems, "second chance"): it passes by who was asked for since it came last, once. So what is
 * asked for again stays while others come by once. A set may be full while others are not: some
 * give way from two thirds on. The same keys in the same order, the same items. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_LRU_WAYS 7u
#define FB_LRU_LINE 64 /* bytes */

struct fb_lru_set {
	uint64_t tags; /* a byte of each key, 0: its place is free; in the highest, the hand */
	uint64_t key[FB_LRU_WAYS];
};

struct fb_lru {
	struct fb_lru_set *set;
	char *items;  /* of `size` bytes each, in the order of keys */
	void *memory; /* of both */
	uint32_t size, sets;
	uint32_t n, max;
	uint32_t comings; /* of new ones: while it is the same, who was not there is not there */
	uint64_t evicted;
};

/* Of `size` bytes an item, 0 for keys alone; `max` is rounded up to whole sets. 0 or -ENOMEM;
 * fb_lru_fini is due in both cases. */
int fb_lru_init(struct fb_lru *lru, uint32_t size, uint32_t max);
void fb_lru_fini(struct fb_lru *lru);

/* NULL: there is none of that number. */
void *fb_lru_find(struct fb_lru *lru, uint64_t key);
/* Likewise, but made, of zeroes, if there was none. Never NULL. */
void *fb_lru_get(struct fb_lru *lru, uint64_t key, bool *ret_is_new);
void fb_lru_remove(struct fb_lru *lru, void *item);

/* Bytes that it takes once it is full. */
size_t fb_lru_memory(const struct fb_lru *lru);

/* --- ahead --------------------------------------------------------------------------------------
 * What is looked up soon need not be waited for then: its set is fetched while others are looked
 * at, then the item, and where that is is remembered. To look up by this is as by the calls above,
 * whatever came between.
 */
struct fb_lru_place {
	struct fb_lru *lru;
	uint64_t key;
	struct fb_lru_set *set;
	uint32_t way;	  /* in it; FB_LRU_WAYS: it was not there, ... */
	uint32_t comings; /* ... when this was its table's */
};

#define FB_LRU_ASKED (1ull << 63)	   /* of a key in its place: since the hand was there */
#define FB_LRU_BYTES 0x0001010101010101ull /* 1 for each place */

static inline uint64_t fb_lru_tag(uint64_t key)
{
	return (key >> 40 & 0xff) | 1;
}

/* The highest bit of those places that have this tag; of others, seldom, too. */
static inline uint64_t fb_lru_tagged(uint64_t tags, uint64_t tag)
{
	const uint64_t differ = tags ^ tag * FB_LRU_BYTES;

	return (differ - FB_LRU_BYTES) & ~differ & FB_LRU_BYTES << 7;
}

static inline bool fb_lru_is_at(const struct fb_lru_set *set, uint32_t way, uint64_t key)
{
	return !((set->key[way] ^ key) & ~FB_LRU_ASKED);
}

static inline uint32_t fb_lru_way(const struct fb_lru_set *set, uint64_t key)
{
	uint64_t tagged = fb_lru_tagged(set->tags, fb_lru_tag(key));

	for (; tagged; tagged &= tagged - 1) {
		const uint32_t way = (uint32_t)__builtin_ctzll(tagged) / 8;

		if (fb_lru_is_at(set, way, key))
			return way;
	}
	return FB_LRU_WAYS;
}

/* Where one more would come, unless that one was asked for. */
static inline uint32_t fb_lru_next(const struct fb_lru_set *set)
{
	const uint64_t unused = fb_lru_tagged(set->tags, 0);

	return unused ? (uint32_t)__builtin_ctzll(unused) / 8 : (uint32_t)(set->tags >> 56);
}

static inline void *fb_lru_item(const struct fb_lru *lru, const struct fb_lru_set *set,
				uint32_t way)
{
	return lru->items + ((size_t)(set - lru->set) * FB_LRU_WAYS + way) * lru->size;
}

static inline void fb_lru_place(struct fb_lru_place *ret_place, struct fb_lru *lru, uint64_t key)
{
	ret_place->lru = lru;
	ret_place->key = key;
	ret_place->set = &lru->set[(key & UINT32_MAX) * lru->sets >> 32];
	ret_place->way = FB_LRU_WAYS;
	ret_place->comings = lru->comings - 1;
	__builtin_prefetch(ret_place->set);
}

/* Once the set is here. Whether it is in. */
static inline bool fb_lru_fetch(struct fb_lru_place *place)
{
	const struct fb_lru *lru = place->lru;
	const char *item;

	place->way = fb_lru_way(place->set, place->key);
	place->comings = lru->comings;
	item = fb_lru_item(lru, place->set,
			   place->way < FB_LRU_WAYS ? place->way : fb_lru_next(place->set));
	__builtin_prefetch(item, 1);
	if (lru->size > FB_LRU_LINE)
		__builtin_prefetch(item + FB_LRU_LINE, 1);
	return place->way < FB_LRU_WAYS;
}

static inline void *fb_lru_find_at(struct fb_lru_place *place)
{
	if (place->way == FB_LRU_WAYS ? place->lru->comings != place->comings
				      : !fb_lru_is_at(place->set, place->way, place->key))
		place->way = fb_lru_way(place->set, place->key);
	if (place->way == FB_LRU_WAYS)
		return NULL;
	place->set->key[place->way] |= FB_LRU_ASKED;
	return fb_lru_item(place->lru, place->set, place->way);
}

/* Once it is known that it is not there. */
void *fb_lru_make_at(struct fb_lru_place *place);

static inline void *fb_lru_get_at(struct fb_lru_place *place, bool *ret_is_new)
{
	void *item = fb_lru_find_at(place);

	*ret_is_new = !item;
	return item ? item : fb_lru_make_at(place);
}
