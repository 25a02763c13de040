/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks that never move: who was given a number reads without a lock. */
#include "flow/places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/hash.h"
#include "util/index.h"

#define CHUNK 1024

_Static_assert(FB_PLACES <= 1 << 18, "what a flow has room for");

static struct fb_place *chunks[FB_PLACES / CHUNK];
static struct fb_index numbers; /* by what the places are */
static uint32_t n_places = 1;
static uint64_t missed;

static uint64_t hash_of(const struct fb_place *place)
{
	const uint64_t seed = fb_hash(place->country, 2, place->asn);

	return place->org ? fb_hash(place->org, strlen(place->org), seed) : seed;
}

static bool is_same(const struct fb_place *a, const struct fb_place *b)
{
	return a->asn == b->asn && !memcmp(a->country, b->country, 2) && !a->org == !b->org &&
	       (!a->org || !strcmp(a->org, b->org));
}

static uint32_t find(const struct fb_place *place, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	while (fb_index_next(&numbers, &it, &number))
		if (is_same(fb_place_get(number), place))
			return number;
	return 0;
}

static uint32_t add(const struct fb_place *place, uint64_t hash)
{
	struct fb_place **chunk = &chunks[n_places / CHUNK];
	_cleanup_free_ char *org = place->org ? strdup(place->org) : NULL;

	if (n_places == FB_PLACES || (place->org && !org))
		return 0;
	if (!*chunk)
		*chunk = calloc(CHUNK, sizeof(**chunk));
	if (!*chunk || fb_index_add(&numbers, hash, n_places) < 0)
		return 0;
	(*chunk)[n_places % CHUNK] = (struct fb_place){
		.country = {place->country[0], place->country[1]},
		.asn = place->asn,
		.org = TAKE_PTR(org),
	};
	return n_places++;
}

uint32_t fb_place_number(const struct fb_place *place)
{
	uint64_t hash;
	uint32_t number;

	if (!*place->country && !place->asn && !place->org)
		return 0;
	if (!numbers.slot && fb_index_init(&numbers) < 0) {
		missed++;
		return 0;
	}
	hash = hash_of(place);
	number = find(place, hash);
	if (!number)
		number = add(place, hash);
	missed += !number;
	return number;
}

const struct fb_place *fb_place_get(uint32_t number)
{
	return number ? &chunks[number / CHUNK][number % CHUNK] : NULL;
}

uint64_t fb_places_missed(void)
{
	return missed;
}
