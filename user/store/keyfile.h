/* SPDX-License-Identifier: BSD-2-Clause */
/* A key in the state folder that nobody but its owner reads: made once, then the same. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/why.h"

/*
 * `size` bytes, 64 at most, of `name` in the folder, made of randomness where there is no such
 * file; -1: there is no folder, they are of this run. 0, or -errno with a sentence: others may read
 * it, it is of another size.
 */
int fb_keyfile_open(int folder, const char *name, uint8_t *ret_key, size_t size,
		    struct fb_why *why);
