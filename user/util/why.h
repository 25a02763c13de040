/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reason of a failure as one sentence for the user, beside the -errno that the code acts on.
 * This folder never logs: who calls it prints `text` or drops it. NULL is "do not care" everywhere.
 */
#pragma once

struct fb_why {
	char text[512];
};

/* Write the sentence and give `error` on: return fb_why_set(why, -EPERM, "..."). */
int fb_why_set(struct fb_why *why, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
