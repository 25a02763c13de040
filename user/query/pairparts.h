/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A million pairs of groups and addresses, of which the different ones are to be counted: they are
 * laid into parts by their hashes, and each part is counted within the cache. One table of all
 * would wait for memory with each. Used by one thread.
 */
#pragma once

#include "query/pairs.h"

#define FB_PAIR_PARTS 256

struct fb_pair_parts {
	uint64_t *key, *sorted; /* as they came; by the part */
	uint32_t n, size[FB_PAIR_PARTS];
	struct fb_pairs pairs; /* of a part */
};

/* Room for `max` pairs. 0 or -ENOMEM; fini after both. */
int fb_pair_parts_init(struct fb_pair_parts *parts, uint32_t max);
void fb_pair_parts_fini(struct fb_pair_parts *parts);

void fb_pair_parts_add(struct fb_pair_parts *parts, const struct fb_pair *pair);
/* `see` is told the group of each pair that is another one, in no order. 0 or -ENOMEM. */
int fb_pair_parts_count(struct fb_pair_parts *parts, void (*see)(uint32_t group, void *ctx),
			void *ctx);
