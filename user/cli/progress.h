/* SPDX-License-Identifier: BSD-2-Clause */
/* How far long work has come: a bar on stderr where that is a terminal, nothing in a pipe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_progress {
	const char *unit; /* "frames"; the caller's */
	uint64_t next_ns; /* not drawn again before */
	bool drawn;
};

/* `percent` below 0: it is not known. Drawn ten times a second at most. */
void fb_progress_show(struct fb_progress *progress, int percent, uint64_t done);
/* The same of `all`, which may have grown or shrunk since it was asked for; 0: it is not known. */
void fb_progress_show_of(struct fb_progress *progress, uint64_t done, uint64_t all);
/* The line is empty again. */
void fb_progress_end(struct fb_progress *progress);
