/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an address was called before, and when it was given up: connections from then keep the name
 * of then, for they were another's. Bounded: the oldest make room. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FB_HOLDERS_MAX	 8192
#define FB_HOLDERS_NAMES 4 /* of an address, the newest */

struct fb_holders;

/* 0 or -ENOMEM. */
int fb_holders_new(struct fb_holders **ret_holders);
void fb_holders_free(struct fb_holders *holders);

/* The address is nobody's from `time` on, until somebody tells a name again. */
void fb_holders_left(struct fb_holders *holders, const uint8_t addr[static 16], uint8_t family,
		     uint64_t time);
/* When that was last; 0: never, or long ago. */
uint64_t fb_holders_since(const struct fb_holders *holders, const uint8_t addr[static 16],
			  uint8_t family);

struct fb_holders_name {
	const char *text; /* until the next call that changes something */
	uint64_t from, to;
	uint8_t source; /* enum fb_name_source */
};

/* The address was called so for that time; all is copied, without memory for it nothing is. */
void fb_holders_called(struct fb_holders *holders, const uint8_t addr[static 16], uint8_t family,
		       const struct fb_holders_name *name);
/* What it was called best at that moment; false: nothing that is known. */
bool fb_holders_name(const struct fb_holders *holders, const uint8_t addr[static 16],
		     uint8_t family, uint64_t at_ns, struct fb_holders_name *ret_name);
