/* SPDX-License-Identifier: BSD-2-Clause */
/* A password, as people give it: typed unseen, twice, or a line of a file. */
#pragma once

#include <stddef.h>

/*
 * A line of `file`, or for "-" of standard input; NULL: of the terminal, asked for `what`, else of
 * standard input. FB_EXIT_DONE, or said why not; `buf` is the caller's to wipe.
 */
int fb_secret_read(const char *file, const char *what, char *buf, size_t size);
