/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/fmt.h"

#define WIDTH	 40
#define EVERY_NS 100000000

void fb_progress_show(struct fb_progress *progress, int percent, uint64_t done)
{
	static const char full[WIDTH + 1] = "########################################";
	const uint64_t now = fb_monotonic_ns();
	char count[FB_FMT_STRLEN];

	if (now < progress->next_ns || !isatty(STDERR_FILENO))
		return;
	progress->next_ns = now + EVERY_NS;
	progress->drawn = true;
	fb_fmt_count(done, count);
	if (percent >= 0)
		fprintf(stderr, "\r[%-*.*s] %3d %%  %s %s ", WIDTH, percent * WIDTH / 100, full,
			percent, count, progress->unit);
	else
		fprintf(stderr, "\r%s %s ", count, progress->unit);
}

void fb_progress_show_of(struct fb_progress *progress, uint64_t done, uint64_t all)
{
	fb_progress_show(progress, !all ? -1 : done < all ? (int)(done * 100 / all) : 100, done);
}

void fb_progress_end(struct fb_progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r\033[K");
	progress->drawn = false;
}
