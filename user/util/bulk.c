/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in large pages; see the header. */
#include "util/bulk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE (2ul << 20)
#define BULK	   (2 * LARGE_PAGE) /* from here on */

void *fb_bulk_alloc(size_t size)
{
	void *memory;

	if (size < BULK)
		return malloc(size);
	size = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	memory = aligned_alloc(LARGE_PAGE, size);
	if (memory)
		madvise(memory, size, MADV_HUGEPAGE); /* small ones do as well */
	return memory;
}

void *fb_bulk_grow(void *old, size_t used, size_t size)
{
	void *larger;

	if (size < BULK)
		return realloc(old, size);
	larger = fb_bulk_alloc(size);
	if (!larger)
		return NULL;
	if (used)
		memcpy(larger, old, used);
	free(old);
	return larger;
}
