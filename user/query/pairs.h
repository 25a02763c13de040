/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which groups have which addresses: a set of pairs that are numbers themselves (an IPv4 address as
 * it is, an IPv6 address by its place in a list), so that telling a million apart waits for one
 * line of memory each. Used by one thread.
 */
#pragma once

#include "util/index.h"

struct fb_pairs {
	uint64_t *slot; /* 0: empty */
	uint32_t mask, n;
	struct fb_index index; /* of addr6 */
	uint8_t (*addr6)[16];
	uint32_t n6, size6;
};

/* One that is to be added: looked up in two steps, so that memory is on its way between. */
struct fb_pair {
	uint64_t key, hash;
};

#define FB_PAIR_IN_USE	    (1ull << 63)
#define FB_PAIR_GROUP_SHIFT 33

/* One that was made before. */
static inline struct fb_pair fb_pair_of(uint64_t key)
{
	return (struct fb_pair){key, fb_hash_number(key, 0)};
}

static inline uint32_t fb_pair_group(uint64_t key)
{
	return (uint32_t)((key & ~FB_PAIR_IN_USE) >> FB_PAIR_GROUP_SHIFT);
}

int fb_pairs_init(struct fb_pairs *pairs);
void fb_pairs_fini(struct fb_pairs *pairs);
/* None is in it any more. */
void fb_pairs_clear(struct fb_pairs *pairs);

/* `group` is the number of a record at most. 0 or -ENOMEM. */
int fb_pairs_make(struct fb_pairs *pairs, uint32_t group, const uint8_t addr[static 16],
		  uint8_t family, struct fb_pair *ret_pair);
/* 1: it was not in; 0, or -ENOMEM. */
int fb_pairs_add(struct fb_pairs *pairs, const struct fb_pair *pair);
