/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logarithms, powers and roots in integers, 16 bits behind the point: the same on every machine.
 * Pure functions.
 */
#pragma once

#include <stdint.h>

#define FB_FIXED_ONE 65536

/* log2 of a whole number, which is not 0. */
uint32_t fb_fixed_log2(uint64_t value);
/* Likewise, but cut off `bits` behind the point, 16 at most: each of them takes its time. */
uint32_t fb_fixed_log2_cut(uint64_t value, unsigned int bits);
/* 2^x for x <= 0: 0 .. FB_FIXED_ONE. */
uint32_t fb_fixed_exp2(int64_t x);
/* The whole part of the root. */
uint64_t fb_fixed_root(uint64_t value);
