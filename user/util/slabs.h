/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small memory that comes and goes by the hundred thousand, of one thread: items of like size are
 * cut from a slab, which knows how many of them are in use. A slab of which none is left serves any
 * other size, and what was not needed for some ticks goes back to the system. malloc takes a
 * twelfth of a short connection's CPU where this takes a hundredth, and keeps what a peak needed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_SLAB	       (128u << 10) /* bytes */
#define FB_SLAB_LINE   64u	    /* items begin at a cache line; so does what tells of a slab */
#define FB_SLABS_MOST  (FB_SLAB - FB_SLAB_LINE) /* bytes of an item */
#define FB_SLABS_SMALL 1024u /* up to here sizes are told apart by the line, ... */
#define FB_SLABS_SIZES (FB_SLABS_SMALL / FB_SLAB_LINE + FB_SLABS_MOST / FB_SLABS_SMALL + 1)

struct fb_slab;

struct fb_slabs_size {
	struct fb_slab *first, *last; /* those that have room */
	uint32_t bytes, per_slab;     /* of an item; items */
};

struct fb_slabs {
	struct fb_slabs_size size[FB_SLABS_SIZES];
	struct fb_slab *spare;	      /* of no size, with their memory */
	uint32_t n, n_spare, n_given; /* slabs in all; of those: spare, given back to the system */
	uint32_t unneeded;	      /* spare ones that nobody wanted for some ticks, ... */
	unsigned int ticks;	      /* ... so many */
	struct fb_slabs_region *regions; /* what slabs are cut from, the newest first */
	uint32_t uncut;			 /* slabs left of that one */
};

void fb_slabs_init(struct fb_slabs *slabs);
/* All items are gone with it. */
void fb_slabs_fini(struct fb_slabs *slabs);

/* `size` bytes, 1 .. FB_SLABS_MOST, that hold anything; NULL: memory is short. */
void *fb_slabs_get(struct fb_slabs *slabs, size_t size);
/* NULL is fine. */
void fb_slabs_put(struct fb_slabs *slabs, void *item);

/* Once a second: what was spare for the last ones goes back to the system, but for the first page.
 */
void fb_slabs_tick(struct fb_slabs *slabs);

/* Bytes that are held from the system. */
size_t fb_slabs_memory(const struct fb_slabs *slabs);
