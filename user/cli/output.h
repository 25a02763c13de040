/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that a verb writes: made beside its place, for its owner only, and put there when it is
 * whole. Until then, and if it fails, what was there stays. A pipe or device is written as it is.
 */
#pragma once

#include <limits.h>
#include <stdio.h>

struct fb_output {
	FILE *file;
	char path[PATH_MAX], beside[PATH_MAX]; /* `beside` is "" for a pipe or device */
};

/* 0 or -errno; -ELOOP: it is a link, which is neither followed nor replaced. */
int fb_output_open(struct fb_output *output, const char *path);

/* All was written: put it in its place. 0 or -errno; either way fb_output_fini comes after it. */
int fb_output_finish(struct fb_output *output);

/* Whatever was not finished is gone. Fine for a zeroed struct. */
void fb_output_fini(struct fb_output *output);

#define _cleanup_output_ __attribute__((__cleanup__(fb_output_fini)))
