/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How numbers are spread: exactly, of a list; of any number of them in 7 kB, within 1.6 %. Numbers
 * are of 1 and more.
 */
#pragma once

#include <stdint.h>

enum fb_percentile { FB_P50, FB_P90, FB_P99, FB_PERCENTILES };

struct fb_spread {
	uint64_t n;
	uint32_t p[FB_PERCENTILES]; /* the number that so many reach at most; 0: there is none */
};

/* Reorders the values. */
struct fb_spread fb_spread_of(uint32_t *value, uint32_t n);

#define FB_METER_BITS  5 /* 32 steps an octave */
#define FB_METER_STEPS ((33 - FB_METER_BITS) << FB_METER_BITS)

struct fb_meter {
	uint64_t n, step[FB_METER_STEPS];
};

static inline uint32_t fb_meter_step(uint32_t value)
{
	const uint32_t octave = 31 - (uint32_t)__builtin_clz(value | 1);

	if (octave < FB_METER_BITS)
		return value;
	return ((octave - FB_METER_BITS + 1) << FB_METER_BITS) +
	       (value >> (octave - FB_METER_BITS) & ((1u << FB_METER_BITS) - 1));
}

/* 0 is no number, and not counted. */
static inline void fb_meter_add(struct fb_meter *meter, uint32_t value)
{
	meter->n += value != 0;
	meter->step[fb_meter_step(value)] += value != 0;
}

struct fb_spread fb_meter_spread(const struct fb_meter *meter);

/* How many are below each edge and at or above the one before it; behind the last edge the rest. */
void fb_meter_count(const struct fb_meter *meter, const uint32_t *edge, unsigned int n_edges,
		    uint64_t *ret_count);
