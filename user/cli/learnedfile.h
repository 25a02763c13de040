/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of the second judge from a file, as tests/judge/learn writes them: a cell a line. */
#pragma once

#include "policy/learned.h"
#include "util/why.h"

/* To be freed. 0, -ENOMEM, or -errno with a sentence that names the line. */
int fb_learnedfile_read(const char *path, struct fb_learned_count **ret_counts, size_t *ret_n,
			struct fb_why *why);
