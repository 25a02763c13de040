/* SPDX-License-Identifier: BSD-2-Clause */
/* Linear probing that grows at three quarters; see the header. */
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define FIRST_SLOTS 1024

static uint64_t mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t fb_hash(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ 0xa0761d6478bd642fULL ^ len, a, b;

	for (; len >= 16; len -= 16, p += 16) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		h = mix(a ^ h, b ^ 0xe7037ed1a0b428dbULL);
	}
	a = b = 0;
	if (len >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, len - 8);
	} else {
		memcpy(&a, p, len);
	}
	h = mix(a ^ h, b ^ 0x8ebc6af09c88c6e3ULL);
	return mix(h ^ seed, 0x589965cc75374cc3ULL);
}

uint64_t fb_hash_seed(void)
{
	uint64_t seed;
	struct timespec now;

	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		return seed;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return mix((uint64_t)now.tv_nsec ^ 0x8ebc6af09c88c6e3ULL, (uint64_t)(uintptr_t)&seed);
}

static struct fb_index_slot *slots_new(uint32_t n)
{
	struct fb_index_slot *slot = malloc(n * sizeof(*slot));

	if (slot)
		memset(slot, 0xff, n * sizeof(*slot));
	return slot;
}

int fb_index_init(struct fb_index *index)
{
	*index = (struct fb_index){.slot = slots_new(FIRST_SLOTS), .mask = FIRST_SLOTS - 1};
	return index->slot ? 0 : -ENOMEM;
}

void fb_index_fini(struct fb_index *index)
{
	free(index->slot);
	*index = (struct fb_index){0};
}

static void place(struct fb_index *index, struct fb_index_slot entry)
{
	uint32_t i = entry.hash & index->mask;

	while (index->slot[i].number != FB_NONE)
		i = (i + 1) & index->mask;
	index->slot[i] = entry;
}

static int grow(struct fb_index *index)
{
	struct fb_index larger = {.mask = index->mask * 2 + 1, .n = index->n};

	larger.slot = slots_new(larger.mask + 1);
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= index->mask; i++)
		if (index->slot[i].number != FB_NONE)
			place(&larger, index->slot[i]);
	free(index->slot);
	*index = larger;
	return 0;
}

int fb_index_add(struct fb_index *index, uint64_t hash, uint32_t number)
{
	if (index->n >= index->mask / 4 * 3 && grow(index) < 0)
		return -ENOMEM;
	place(index, (struct fb_index_slot){(uint32_t)hash, number});
	index->n++;
	return 0;
}

void fb_index_remove(struct fb_index *index, uint64_t hash, uint32_t number)
{
	uint32_t hole = (uint32_t)hash & index->mask, i;

	while (index->slot[hole].number != number || index->slot[hole].hash != (uint32_t)hash) {
		if (index->slot[hole].number == FB_NONE)
			return;
		hole = (hole + 1) & index->mask;
	}
	/* Move back what probing past the hole would miss. */
	for (i = hole;;) {
		i = (i + 1) & index->mask;
		if (index->slot[i].number == FB_NONE)
			break;
		if (((i - index->slot[i].hash) & index->mask) >= ((i - hole) & index->mask)) {
			index->slot[hole] = index->slot[i];
			hole = i;
		}
	}
	index->slot[hole].number = FB_NONE;
	index->n--;
}
