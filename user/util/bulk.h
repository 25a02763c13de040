/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory by the megabyte, for what a question counts and then throws away. The kernel hands it out
 * in its large pages, where it has them: of small ones, each byte costs four times as much to get
 * as to write (100 MB: 82 ms, or 19). What is given back is kept for the next question for some
 * seconds, for to clear it anew costs a fifth of an answer, and much more where the machine under
 * us has to find it first (70 MB: 88 ms). Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define FB_BULK_KEPT	(96ul << 20) /* bytes, at most */
#define FB_BULK_KEPT_NS 5000000000ull

/* As malloc, but its bytes are of any value; to be given to fb_bulk_free. NULL: memory is short. */
void *fb_bulk_alloc(size_t size);
/* As realloc of what is `used` bytes long; `old`, which may be NULL, is freed unless it fails. */
void *fb_bulk_grow(void *old, size_t used, size_t size);
/* As free. */
void fb_bulk_free(void *memory);

static inline void fb_scope_bulk(void *memory)
{
	fb_bulk_free(*(void **)memory);
}

#define _cleanup_bulk_ _cleanup_(fb_scope_bulk)

/* The kernel has back what nobody asked for in FB_BULK_KEPT_NS; UINT64_MAX: all. CLOCK_MONOTONIC.
 */
void fb_bulk_trim(uint64_t now_ns);
/* Bytes that are kept. */
size_t fb_bulk_kept(void);
