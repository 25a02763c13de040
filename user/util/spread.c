/* SPDX-License-Identifier: BSD-2-Clause */
/* Percentiles, by nearest rank; see the header. */
#include "util/spread.h"

#include "util/select.h"

static const uint64_t per_cent[FB_PERCENTILES] = {50, 90, 99};

/* The rank that so many per cent of n reach: 1 .. n. */
static uint64_t rank_of(uint64_t n, enum fb_percentile which)
{
	return (n * per_cent[which] + 99) / 100;
}

static int compare(const void *a_, const void *b_, void *ctx)
{
	const uint32_t a = *(const uint32_t *)a_, b = *(const uint32_t *)b_;

	(void)ctx;
	return (a > b) - (a < b);
}

struct fb_spread fb_spread_of(uint32_t *value, uint32_t n)
{
	struct fb_spread spread = {.n = n};
	uint32_t left = n;

	if (n == 1) {
		spread.p[FB_P50] = spread.p[FB_P90] = spread.p[FB_P99] = *value;
		return spread;
	}
	/* each among those that are no bigger than the one before */
	for (int i = FB_PERCENTILES; n && i-- > 0; left = (uint32_t)rank_of(n, i)) {
		fb_select(value, left, sizeof(*value), (uint32_t)rank_of(n, i), compare, NULL);
		spread.p[i] = value[rank_of(n, i) - 1];
	}
	return spread;
}

/* The middle of a step. */
static uint32_t value_of(uint32_t step)
{
	const uint32_t octave = step >> FB_METER_BITS, part = step & ((1u << FB_METER_BITS) - 1);

	if (!octave)
		return part;
	return (uint32_t)((((uint64_t)part + (1u << FB_METER_BITS)) << (octave - 1)) +
			  ((1ull << (octave - 1)) >> 1));
}

struct fb_spread fb_meter_spread(const struct fb_meter *meter)
{
	struct fb_spread spread = {.n = meter->n};
	uint64_t seen = 0;
	unsigned int next = 0;

	for (uint32_t i = 0; meter->n && i < FB_METER_STEPS; i++) {
		seen += meter->step[i];
		while (next < FB_PERCENTILES && seen >= rank_of(meter->n, next))
			spread.p[next++] = value_of(i);
	}
	return spread;
}

void fb_meter_count(const struct fb_meter *meter, const uint32_t *edge, unsigned int n_edges,
		    uint64_t *ret_count)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i <= n_edges; i++)
		ret_count[i] = 0;
	for (uint32_t i = 0; i < FB_METER_STEPS; i++) {
		while (at < n_edges && value_of(i) >= edge[at])
			at++;
		ret_count[at] += meter->step[i];
	}
}
