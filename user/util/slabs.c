/* SPDX-License-Identifier: BSD-2-Clause */
/* Slabs, found by the address of what was cut from them; see the header. */
#include "util/slabs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "util/cleanup.h"

#define REGION	    64u /* slabs that are asked of the system at once; a bit each */
#define PATIENCE    8	/* ticks that a spare slab is kept for the next peak */
#define SMALL_SIZES (FB_SLABS_SMALL / FB_SLAB_LINE)

/* At the begin of each. */
struct fb_slab {
	struct fb_slab *next, *prev; /* of its size with room, or spare */
	struct fb_slabs_region *region;
	struct fb_slabs_size *size;
	void *free;    /* items that were given back, each points to the next */
	uint32_t used; /* items that are not */
	uint32_t cut;  /* items that ever were; behind them nothing was written */
};

_Static_assert(sizeof(struct fb_slab) <= FB_SLAB_LINE, "a line tells of a slab");

struct fb_slabs_region {
	struct fb_slabs_region *next;
	void *memory;
	char *slabs;	/* in there, at a multiple of their size */
	uint64_t given; /* bits of those that went back to the system */
};

/* A build for it hears of who touches an item that was given back. */
#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *memory, size_t size);
void __asan_unpoison_memory_region(const volatile void *memory, size_t size);
#define forbid(memory, size) __asan_poison_memory_region(memory, size)
#define allow(memory, size)  __asan_unpoison_memory_region(memory, size)
#else
#define forbid(memory, size) ((void)(memory), (void)(size))
#define allow(memory, size)  ((void)(memory), (void)(size))
#endif

/* Small ones by lines; larger ones by how many fill a slab, so that little of it is left over. */
static struct fb_slabs_size *size_of(struct fb_slabs *slabs, size_t bytes)
{
	const size_t lines = (bytes + FB_SLAB_LINE - 1) / FB_SLAB_LINE;

	return bytes <= FB_SLABS_SMALL
		       ? &slabs->size[lines - 1]
		       : &slabs->size[SMALL_SIZES + FB_SLABS_MOST / (lines * FB_SLAB_LINE) - 1];
}

void fb_slabs_init(struct fb_slabs *slabs)
{
	*slabs = (struct fb_slabs){0};
	for (uint32_t i = 0; i < FB_SLABS_SIZES; i++) {
		struct fb_slabs_size *size = &slabs->size[i];

		size->bytes = i < SMALL_SIZES ? (i + 1) * FB_SLAB_LINE
					      : FB_SLABS_MOST / (i - SMALL_SIZES + 1) /
							FB_SLAB_LINE * FB_SLAB_LINE;
		size->per_slab = FB_SLABS_MOST / size->bytes;
	}
}

void fb_slabs_fini(struct fb_slabs *slabs)
{
	while (slabs->regions) {
		struct fb_slabs_region *region = slabs->regions;

		slabs->regions = region->next;
		allow(region->memory, (REGION + 1) * FB_SLAB);
		munmap(region->memory, (REGION + 1) * FB_SLAB);
		free(region);
	}
	*slabs = (struct fb_slabs){0};
}

/* Addresses cost nothing: one slab more than are cut, to begin at a multiple of their size. */
static bool add_region(struct fb_slabs *slabs)
{
	_cleanup_free_ struct fb_slabs_region *region = malloc(sizeof(*region));
	void *memory = region ? mmap(NULL, (REGION + 1) * FB_SLAB, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
			      : MAP_FAILED;

	if (memory == MAP_FAILED)
		return false;
	*region = (struct fb_slabs_region){
		.next = slabs->regions,
		.memory = memory,
		.slabs = (char *)(((uintptr_t)memory + FB_SLAB - 1) / FB_SLAB * FB_SLAB),
	};
	slabs->regions = TAKE_PTR(region);
	slabs->uncut = REGION;
	return true;
}

static struct fb_slab *take_spare(struct fb_slabs *slabs)
{
	struct fb_slab *slab = slabs->spare;

	slabs->spare = slab->next;
	slabs->n_spare--;
	return slab;
}

static struct fb_slab *slab_at(struct fb_slabs_region *region, unsigned int i)
{
	struct fb_slab *slab = (struct fb_slab *)(region->slabs + (size_t)i * FB_SLAB);

	slab->region = region;
	return slab;
}

static struct fb_slab *take_given(struct fb_slabs *slabs)
{
	struct fb_slabs_region *region = slabs->regions;
	struct fb_slab *slab;

	while (!region->given)
		region = region->next;
	slab = slab_at(region, (unsigned int)__builtin_ctzll(region->given));
	region->given &= region->given - 1;
	slabs->n_given--;
	return slab;
}

static struct fb_slab *find_slab(struct fb_slabs *slabs)
{
	if (slabs->spare)
		return take_spare(slabs);
	if (slabs->n_given)
		return take_given(slabs);
	if (!slabs->uncut && !add_region(slabs))
		return NULL;
	slabs->n++;
	return slab_at(slabs->regions, REGION - slabs->uncut--);
}

static void give_back(struct fb_slabs *slabs, struct fb_slab *slab)
{
	struct fb_slabs_region *region = slab->region;

	region->given |= 1ull << ((size_t)((char *)slab - region->slabs) / FB_SLAB);
	slabs->n_given++;
	allow(slab, FB_SLAB);
	madvise(slab, FB_SLAB, MADV_DONTNEED);
}

/* Behind the others of its size that have room: those are filled first, and this one may empty. */
static void queue(struct fb_slab *slab)
{
	struct fb_slabs_size *size = slab->size;

	slab->next = NULL;
	slab->prev = size->last;
	*(size->last ? &size->last->next : &size->first) = slab;
	size->last = slab;
}

static void unqueue(struct fb_slab *slab)
{
	struct fb_slabs_size *size = slab->size;

	*(slab->prev ? &slab->prev->next : &size->first) = slab->next;
	*(slab->next ? &slab->next->prev : &size->last) = slab->prev;
}

static bool add_slab(struct fb_slabs *slabs, struct fb_slabs_size *size)
{
	struct fb_slab *slab = find_slab(slabs);

	if (!slab)
		return false;
	if (slabs->n_spare < slabs->unneeded)
		slabs->unneeded = slabs->n_spare;
	*slab = (struct fb_slab){.region = slab->region, .size = size};
	queue(slab);
	forbid((char *)slab + FB_SLAB_LINE, FB_SLABS_MOST);
	return true;
}

void *fb_slabs_get(struct fb_slabs *slabs, size_t bytes)
{
	struct fb_slabs_size *size = size_of(slabs, bytes);
	struct fb_slab *slab;
	void *item;

	if (!size->first && !add_slab(slabs, size))
		return NULL;
	slab = size->first;
	item = slab->free;
	if (!item)
		item = (char *)slab + FB_SLAB_LINE + (size_t)slab->cut++ * size->bytes;
	allow(item, size->bytes);
	if (item == slab->free)
		slab->free = *(void **)item;
	if (++slab->used == size->per_slab)
		unqueue(slab);
	return item;
}

void fb_slabs_put(struct fb_slabs *slabs, void *item)
{
	struct fb_slab *slab = (struct fb_slab *)((uintptr_t)item / FB_SLAB * FB_SLAB);

	if (!item)
		return;
	*(void **)item = slab->free;
	slab->free = item;
	forbid(item, slab->size->bytes);
	if (slab->used-- == slab->size->per_slab)
		queue(slab);
	if (slab->used)
		return;
	unqueue(slab);
	slab->next = slabs->spare;
	slabs->spare = slab;
	slabs->n_spare++;
}

void fb_slabs_tick(struct fb_slabs *slabs)
{
	if (++slabs->ticks < PATIENCE)
		return;
	slabs->ticks = 0;
	while (slabs->unneeded--)
		give_back(slabs, take_spare(slabs));
	slabs->unneeded = slabs->n_spare;
}

size_t fb_slabs_memory(const struct fb_slabs *slabs)
{
	return (size_t)(slabs->n - slabs->n_given) * FB_SLAB;
}
