/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ownership by scope: a variable frees what it holds when it leaves scope, unless TAKE_PTR or
 * TAKE_FD moved it out, so that a function is proven leak-free without reading its callees.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((__cleanup__(fn)))

#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *take_from_ = &(p);                                                  \
		__typeof__(p) taken_ = *take_from_;                                                \
		*take_from_ = NULL;                                                                \
		taken_;                                                                            \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_from_ = &(fd);                                                           \
		int taken_ = *take_from_;                                                          \
		*take_from_ = -1;                                                                  \
		taken_;                                                                            \
	})

static inline void fb_scope_free(void *p)
{
	free(*(void **)p);
}

static inline void fb_scope_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fb_scope_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_free_	 _cleanup_(fb_scope_free)
#define _cleanup_close_	 _cleanup_(fb_scope_close)
#define _cleanup_fclose_ _cleanup_(fb_scope_fclose)
