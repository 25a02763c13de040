/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pairs that met once or twice stand in a table of their own, so that a scan, which meets everybody
 * once, drives out nobody who has a history.
 */
#include "policy/relations.h"
#include "policy/places.h"

#include <string.h>

#include "policy/fixed.h"

#define HOUR	      3600u
#define BEAT_LEAST_MS 1000u /* closer starts are one */
#define SIZE_BITS     10
#define SIZE_UNIT     (1u << SIZE_BITS)

static void push_step(struct fb_look *look, uint8_t step)
{
	struct fb_pair *pair = look->pair;

	if (!pair) {
		look->relation->step = step;
		return;
	}
	pair->step[pair->next_step] = step;
	pair->next_step = (uint8_t)((pair->next_step + 1) % FB_PAIR_STEPS);
	pair->n_steps += pair->n_steps < FB_PAIR_STEPS;
}

static void push_size(struct fb_pair *pair, uint16_t size)
{
	pair->size[pair->next_size] = size;
	pair->next_size = (uint8_t)((pair->next_size + 1) % FB_PAIR_SIZES);
	pair->n_sizes += pair->n_sizes < FB_PAIR_SIZES;
}

void fb_relations_find(struct fb_look *look)
{
	if (look->sought)
		return;
	look->sought = true;
	look->pair = fb_lru_find_at(fb_at_pairs(look));
	look->relation = look->pair ? &look->pair->relation : fb_lru_find_at(fb_at_firsts(look));
}

struct fb_relation *fb_relations_get(struct fb_look *look)
{
	fb_relations_find(look);
	if (!look->relation)
		look->relation = fb_lru_make_at(fb_at_firsts(look));
	return look->relation;
}

/* A pair that meets for the third time takes along what is known of it. */
static void promote(struct fb_look *look)
{
	struct fb_relation *first = look->relation;

	look->pair = fb_lru_make_at(fb_at_pairs(look));
	look->pair->relation = *first;
	look->relation = &look->pair->relation;
	fb_lru_remove(fb_look_side(look, firsts), first);
	if (look->relation->step)
		push_step(look, look->relation->step);
	for (unsigned int i = 0; i < 2; i++)
		if (look->relation->size[i])
			push_size(look->pair, look->relation->size[i]);
}

static void note_step(struct fb_look *look)
{
	struct fb_relation *relation = look->relation;
	const uint64_t since = look->now_ms - relation->last_ms;

	if (relation->n && since < BEAT_LEAST_MS)
		return;
	if (relation->n) {
		const uint32_t step = (fb_fixed_log2_cut(since, 4) + 1) >> 1;

		push_step(look, step < UINT8_MAX ? (uint8_t)step : UINT8_MAX);
	}
	relation->last_ms = look->now_ms;
	relation->unsized += relation->unsized < UINT8_MAX;
}

static void note_failure(struct fb_look *look)
{
	struct fb_relation *relation = look->relation;

	relation->failed++;
	if (look->now - relation->failed_at > HOUR)
		relation->in_vain = 0;
	relation->in_vain += relation->in_vain < UINT16_MAX;
	relation->failed_at = look->now;
}

void fb_relations_note(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	look->first_met = !fb_relations_get(look)->n;
	if (!look->pair && look->relation->n + 1 >= FB_PAIR_FIRST)
		promote(look);
	/* Of one connection parts are told: keepalives, SYNs sent again. */
	look->goes_on =
		!look->first_met && look->tcp && !look->ok && flow->sport == look->relation->sport;
	if (look->goes_on)
		return;
	note_step(look);
	look->relation->sport = flow->sport;
	look->relation->n++;
	if (look->failed)
		note_failure(look);
}

/* Rounded. */
static uint16_t size_of(uint64_t bytes)
{
	return bytes ? (uint16_t)((fb_fixed_log2_cut(bytes, SIZE_BITS + 1) + 1) >> 1) : 0;
}

void fb_relations_note_size(struct fb_look *look)
{
	struct fb_relation *relation = look->relation;
	uint16_t size;

	if (!relation || !relation->unsized)
		return;
	relation->unsized--;
	/* How often it was tried to open it is no size. */
	if (look->failed)
		return;
	size = size_of(look->flow->bytes[0]);
	if (look->pair)
		push_size(look->pair, size);
	else
		relation->size[relation->size[0] > 0] = size;
}

void fb_relations_sort(uint16_t *items, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		const uint16_t item = items[i];
		unsigned int k = i;

		for (; k && items[k - 1] > item; k--)
			items[k] = items[k - 1];
		items[k] = item;
	}
}

uint32_t fb_relations_spread(const struct fb_look *look)
{
	const struct fb_pair *pair = look->pair;
	uint16_t sizes[FB_PAIR_SIZES], median;
	unsigned int n = pair ? pair->n_sizes : 0;

	if (!n)
		return UINT32_MAX;
	memcpy(sizes, pair->size, n * sizeof(*sizes));
	fb_relations_sort(sizes, n);
	median = sizes[n / 2];
	if (!median)
		return UINT32_MAX;
	for (unsigned int i = 0; i < n; i++)
		sizes[i] = sizes[i] > median ? sizes[i] - median : median - sizes[i];
	fb_relations_sort(sizes, n);
	/* ln 2 of what the logarithm has; as good as the share itself while that is small */
	return (uint32_t)sizes[n / 2] * (FB_FIXED_ONE / SIZE_UNIT) / 1000 * 693;
}
