/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of addresses, each with a value: of those that hold an address the narrowest one counts.
 * Filled, closed, and then only read, by any thread. 12 bytes an IPv4 range, 36 an IPv6 one; ranges
 * within ranges take up to twice that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_ranges;

/* -ENOMEM. */
int fb_ranges_new(struct fb_ranges **ret_ranges);
/* NULL is fine. */
void fb_ranges_free(struct fb_ranges *ranges);

/* Addresses as in struct fb_key, `last` not below `first`. Of equal ranges the last added counts.
 */
int fb_ranges_add(struct fb_ranges *ranges, const uint8_t first[static 16],
		  const uint8_t last[static 16], uint8_t family, uint32_t value);

/* All are in; -ENOMEM. */
int fb_ranges_close(struct fb_ranges *ranges);

bool fb_ranges_find(const struct fb_ranges *ranges, const uint8_t addr[static 16], uint8_t family,
		    uint32_t *ret_value);

/* Is each address from `first` to `last` in one of them? */
bool fb_ranges_cover(const struct fb_ranges *ranges, const uint8_t first[static 16],
		     const uint8_t last[static 16], uint8_t family);

size_t fb_ranges_count(const struct fb_ranges *ranges);
