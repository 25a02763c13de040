/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of the permutation; see the header. */
#include "util/permute.h"

#include <stdlib.h>
#include <sys/random.h>

struct fb_permutation fb_permutation;

/* Before main, when there are no threads. */
__attribute__((constructor)) static void draw_words(void)
{
	if (getrandom(&fb_permutation, sizeof(fb_permutation), 0) != sizeof(fb_permutation))
		abort();
	fb_permutation.first |= 1;
	fb_permutation.second |= 1;
}
