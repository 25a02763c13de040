/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is dealt out anew each second, time and decryptions, and what each source had of it. A
 * source is an address, or an IPv6 prefix of 64 bits, of which whoever has one has all. It may take
 * as much as is left for all others: one that floods gets half, two a third each, and something is
 * always left. Sources stand in buckets of a keyed hash: nothing is looked up, a flood of them
 * needs no room. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/shares.h"

#define FB_RATION_SOURCES 4096

struct fb_ration {
	uint64_t limit, spent; /* 0: no limit; by all sources together */
	uint64_t by[FB_RATION_SOURCES];
};

struct fb_source {
	uint8_t key[FB_SHARES_KEY]; /* its name */
	uint32_t bucket;
};

struct fb_source fb_source_of(const uint8_t addr[static 16], uint8_t family);

/* May it have more? It is reckoned to have had `weight` times what it had. */
static inline bool fb_ration_may(const struct fb_ration *ration, const struct fb_source *source,
				 unsigned int weight)
{
	return !ration->limit ||
	       (ration->spent < ration->limit &&
		ration->by[source->bucket] * weight <= ration->limit - ration->spent);
}

static inline void fb_ration_take(struct fb_ration *ration, const struct fb_source *source,
				  uint64_t n)
{
	ration->by[source->bucket] += n;
	ration->spent += n;
}

/* A new second: nobody had anything yet. */
void fb_ration_reset(struct fb_ration *ration);
