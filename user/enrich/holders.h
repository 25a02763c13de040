/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When an address was given up: connections from before keep the name that they had, for they were
 * another's. Bounded: the oldest make room. Used by one thread (the engine).
 */
#pragma once

#include <stdint.h>

#define FB_HOLDERS_MAX 8192

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
