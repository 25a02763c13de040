/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory by the megabyte, for what a question counts and then throws away. The kernel hands it out
 * in its large pages, where it has them: of small ones, each byte costs four times as much to get
 * as to write (100 MB: 82 ms, or 19).
 */
#pragma once

#include <stddef.h>

/* As malloc; to be given to free(). NULL when memory is short. */
void *fb_bulk_alloc(size_t size);
/* As realloc of what is `used` bytes long; `old`, which may be NULL, is freed unless it fails. */
void *fb_bulk_grow(void *old, size_t used, size_t size);
