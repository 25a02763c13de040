/* SPDX-License-Identifier: BSD-2-Clause */
/* The tuple index: linear probing, backward-shift deletion, grows at three quarters. */
#include "model/tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS 1024

static uint64_t mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t fb_tuple_hash(const struct fb_tuple *tuple, uint64_t seed)
{
	uint64_t word[5];

	memcpy(word, tuple, sizeof(word));
	seed = mix(word[0] ^ seed ^ 0xa0761d6478bd642fULL, word[1] ^ 0xe7037ed1a0b428dbULL);
	seed = mix(word[2] ^ seed, word[3] ^ 0x8ebc6af09c88c6e3ULL);
	return mix(word[4] ^ seed, 0x589965cc75374cc3ULL);
}

static struct fb_tuple_slot *slots_new(uint32_t n)
{
	struct fb_tuple_slot *slot = malloc(n * sizeof(*slot));

	for (uint32_t i = 0; slot && i < n; i++)
		slot[i].number = FB_NO_TUPLE;
	return slot;
}

int fb_tuples_init(struct fb_tuples *tuples)
{
	*tuples = (struct fb_tuples){.mask = FIRST_SLOTS - 1};
	if (getrandom(&tuples->seed, sizeof(tuples->seed), 0) != sizeof(tuples->seed))
		return -errno;
	tuples->slot = slots_new(FIRST_SLOTS);
	return tuples->slot ? 0 : -ENOMEM;
}

void fb_tuples_fini(struct fb_tuples *tuples)
{
	free(tuples->slot);
	tuples->slot = NULL;
}

static uint32_t home(const struct fb_tuples *tuples, const struct fb_tuple *tuple)
{
	return (uint32_t)fb_tuple_hash(tuple, tuples->seed) & tuples->mask;
}

/* The slot that has the tuple, or the empty one where it would go. */
static uint32_t probe(const struct fb_tuples *tuples, const struct fb_tuple *tuple)
{
	uint32_t i = home(tuples, tuple);

	while (tuples->slot[i].number != FB_NO_TUPLE &&
	       memcmp(&tuples->slot[i].tuple, tuple, sizeof(*tuple)) != 0)
		i = (i + 1) & tuples->mask;
	return i;
}

uint32_t fb_tuples_find(const struct fb_tuples *tuples, const struct fb_tuple *tuple)
{
	return tuples->slot[probe(tuples, tuple)].number;
}

static int grow(struct fb_tuples *tuples)
{
	struct fb_tuples larger = *tuples;

	larger.mask = tuples->mask * 2 + 1;
	larger.slot = slots_new(larger.mask + 1);
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= tuples->mask; i++)
		if (tuples->slot[i].number != FB_NO_TUPLE)
			larger.slot[probe(&larger, &tuples->slot[i].tuple)] = tuples->slot[i];
	free(tuples->slot);
	*tuples = larger;
	return 0;
}

int fb_tuples_put(struct fb_tuples *tuples, const struct fb_tuple *tuple, uint32_t number)
{
	uint32_t i;

	if (tuples->n >= tuples->mask / 4 * 3 && grow(tuples) < 0)
		return -ENOMEM;
	i = probe(tuples, tuple);
	if (tuples->slot[i].number == FB_NO_TUPLE) {
		tuples->slot[i].tuple = *tuple;
		tuples->n++;
	}
	tuples->slot[i].number = number;
	return 0;
}

void fb_tuples_remove(struct fb_tuples *tuples, const struct fb_tuple *tuple, uint32_t number)
{
	uint32_t hole = probe(tuples, tuple), i = hole;

	if (tuples->slot[hole].number != number || number == FB_NO_TUPLE)
		return;
	/* Move back what probing past the hole would miss. */
	for (;;) {
		i = (i + 1) & tuples->mask;
		if (tuples->slot[i].number == FB_NO_TUPLE)
			break;
		if (((i - home(tuples, &tuples->slot[i].tuple)) & tuples->mask) >=
		    ((i - hole) & tuples->mask)) {
			tuples->slot[hole] = tuples->slot[i];
			hole = i;
		}
	}
	tuples->slot[hole].number = FB_NO_TUPLE;
	tuples->n--;
}

int fb_tuple_make(struct fb_tuple *tuple, const uint8_t src[16], __be16 sport,
		  const uint8_t dst[16], __be16 dport, uint8_t proto, uint8_t family)
{
	int order = memcmp(src, dst, 16);
	int swapped;

	if (order == 0)
		order = memcmp(&sport, &dport, sizeof(sport));
	swapped = order > 0;
	memcpy(tuple->addr[swapped], src, 16);
	memcpy(tuple->addr[!swapped], dst, 16);
	tuple->port[swapped] = sport;
	tuple->port[!swapped] = dport;
	tuple->proto = proto;
	tuple->family = family;
	tuple->zero = 0;
	return swapped;
}
