/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash index from a connection's tuple to a number: open addressing, seeded, so that a stranger
 * cannot choose collisions. Keys are compared as memory. Used by one thread.
 */
#pragma once

#include <stdint.h>

#include <flowbpf/key.h>

/* As fb_key without the link: end 0 is the lower (address, port), ports in network order. */
struct fb_tuple {
	uint8_t addr[2][16];
	__be16 port[2];
	uint8_t proto, family;
	uint16_t zero;
};

_Static_assert(sizeof(struct fb_tuple) == 40, "fb_tuple has no hidden padding");

#define FB_NO_TUPLE UINT32_MAX

struct fb_tuples {
	struct fb_tuple_slot {
		struct fb_tuple tuple;
		uint32_t number; /* FB_NO_TUPLE: empty */
	} * slot;
	uint32_t mask, n;
	uint64_t seed;
};

int fb_tuples_init(struct fb_tuples *tuples);
void fb_tuples_fini(struct fb_tuples *tuples);

uint32_t fb_tuples_find(const struct fb_tuples *tuples, const struct fb_tuple *tuple);

/* Set or replace; -ENOMEM. */
int fb_tuples_put(struct fb_tuples *tuples, const struct fb_tuple *tuple, uint32_t number);

/* Remove, if it leads to `number`. */
void fb_tuples_remove(struct fb_tuples *tuples, const struct fb_tuple *tuple, uint32_t number);

uint64_t fb_tuple_hash(const struct fb_tuple *tuple, uint64_t seed);

/* From two ends in any order, ports in network order; returns 1 if they were swapped. */
int fb_tuple_make(struct fb_tuple *tuple, const uint8_t src[16], __be16 sport,
		  const uint8_t dst[16], __be16 dport, uint8_t proto, uint8_t family);
