/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 32 bits to 32 others, by words drawn when the program starts: a hash of IPv4 addresses under
 * which equal ones mean the same address, so that whoever looks one up need not compare. As with
 * fb_hash, who does not know the words cannot choose what meets in a table.
 */
#pragma once

#include <stdint.h>

struct fb_permutation {
	uint32_t start, first, second; /* the factors are odd */
};

extern struct fb_permutation fb_permutation; /* constant once main has begun */

static inline uint32_t fb_permute(uint32_t word)
{
	word ^= fb_permutation.start;
	word ^= word >> 16;
	word *= fb_permutation.first;
	word ^= word >> 15;
	word *= fb_permutation.second;
	return word ^ word >> 16;
}
