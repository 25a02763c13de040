/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in large pages, each block behind a line that has its size; see the header. */
#include "util/bulk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/clock.h"

#define LARGE_PAGE (2ul << 20)
#define BULK	   (2 * LARGE_PAGE) /* from here on */
#define BLOCKS	   16		    /* that are kept */

struct block {
	size_t size;	  /* with this line */
	uint64_t idle_ns; /* since when, CLOCK_MONOTONIC */
	char pad[48];
};

_Static_assert(sizeof(struct block) == 64, "what follows is aligned as the block is");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct block *kept[BLOCKS];
static unsigned int n_kept;
static size_t kept_bytes;

static struct block *take_out(unsigned int i)
{
	struct block *block = kept[i];

	kept_bytes -= block->size;
	kept[i] = kept[--n_kept];
	return block;
}

/* The smallest that is large enough, and no waste; NULL: there is none. */
static struct block *find_kept(size_t size)
{
	unsigned int best = BLOCKS;
	struct block *block;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < n_kept; i++)
		if (kept[i]->size >= size && kept[i]->size / 2 <= size &&
		    (best == BLOCKS || kept[i]->size < kept[best]->size))
			best = i;
	block = best < BLOCKS ? take_out(best) : NULL;
	pthread_mutex_unlock(&lock);
	return block;
}

static struct block *new_block(size_t size)
{
	struct block *block = size < BULK ? malloc(size) : aligned_alloc(LARGE_PAGE, size);

	if (block && size >= BULK)
		madvise(block, size, MADV_HUGEPAGE); /* small ones do as well */
	if (block)
		block->size = size;
	return block;
}

static size_t size_of(size_t size)
{
	size += sizeof(struct block);
	return size < BULK ? size : (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
}

void *fb_bulk_alloc(size_t size)
{
	struct block *block;

	size = size_of(size);
	block = size < BULK ? NULL : find_kept(size);
	if (!block)
		block = new_block(size);
	return block ? block + 1 : NULL;
}

void *fb_bulk_grow(void *old, size_t used, size_t size)
{
	void *larger = fb_bulk_alloc(size);

	if (!larger)
		return NULL;
	if (used)
		memcpy(larger, old, used);
	fb_bulk_free(old);
	return larger;
}

void fb_bulk_free(void *memory)
{
	struct block *block = memory ? (struct block *)memory - 1 : NULL;

	if (block && block->size >= BULK) {
		block->idle_ns = fb_monotonic_ns();
		pthread_mutex_lock(&lock);
		if (n_kept < BLOCKS && kept_bytes + block->size <= FB_BULK_KEPT) {
			kept_bytes += block->size;
			kept[n_kept++] = block;
			block = NULL;
		}
		pthread_mutex_unlock(&lock);
	}
	free(block);
}

void fb_bulk_trim(uint64_t now_ns)
{
	struct block *idle[BLOCKS];
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = n_kept; i-- > 0;)
		if (now_ns - kept[i]->idle_ns >= FB_BULK_KEPT_NS)
			idle[n++] = take_out(i);
	pthread_mutex_unlock(&lock);
	while (n > 0)
		free(idle[--n]);
}

size_t fb_bulk_kept(void)
{
	size_t bytes;

	pthread_mutex_lock(&lock);
	bytes = kept_bytes;
	pthread_mutex_unlock(&lock);
	return bytes;
}
