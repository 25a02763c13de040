/* SPDX-License-Identifier: BSD-2-Clause */
/* Linear probing that grows at three quarters; see the header. */
#include "util/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/bulk.h"

#define FIRST_SLOTS 1024

static struct fb_index_slot *slots_new(uint32_t n)
{
	struct fb_index_slot *slot = fb_bulk_alloc((size_t)n * sizeof(*slot));

	if (slot)
		memset(slot, 0xff, (size_t)n * sizeof(*slot));
	return slot;
}

int fb_index_init(struct fb_index *index)
{
	*index = (struct fb_index){.slot = slots_new(FIRST_SLOTS), .mask = FIRST_SLOTS - 1};
	return index->slot ? 0 : -ENOMEM;
}

void fb_index_fini(struct fb_index *index)
{
	fb_bulk_free(index->slot);
	*index = (struct fb_index){0};
}

void fb_index_clear(struct fb_index *index)
{
	struct fb_index_slot *slot;

	/* Room that was far too large goes back. */
	if (index->mask >= FIRST_SLOTS && index->n < index->mask / 16) {
		slot = slots_new((index->mask + 1) / 4);
		if (slot) {
			fb_bulk_free(index->slot);
			*index = (struct fb_index){.slot = slot, .mask = index->mask / 4};
			return;
		}
	}
	if (index->n)
		memset(index->slot, 0xff, ((size_t)index->mask + 1) * sizeof(*index->slot));
	index->n = 0;
}

static void place(struct fb_index *index, struct fb_index_slot entry)
{
	uint32_t i = entry.hash & index->mask;

	while (index->slot[i].number != FB_NONE)
		i = (i + 1) & index->mask;
	index->slot[i] = entry;
}

static int resize(struct fb_index *index, uint32_t mask)
{
	struct fb_index larger = {.mask = mask, .n = index->n};

	larger.slot = slots_new(larger.mask + 1);
	if (!larger.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i <= index->mask; i++)
		if (index->slot[i].number != FB_NONE)
			place(&larger, index->slot[i]);
	fb_bulk_free(index->slot);
	*index = larger;
	return 0;
}

int fb_index_reserve(struct fb_index *index, uint32_t n)
{
	uint32_t mask = index->mask;

	while (n >= mask / 4 * 3 && mask < UINT32_MAX / 2)
		mask = mask * 2 + 1;
	return mask > index->mask ? resize(index, mask) : 0;
}

int fb_index_add(struct fb_index *index, uint64_t hash, uint32_t number)
{
	if (index->n >= index->mask / 4 * 3 && resize(index, index->mask * 2 + 1) < 0)
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
