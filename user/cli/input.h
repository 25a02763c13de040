/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture file, read frame by frame; proto/pcap knows the formats, this one knows files. */
#pragma once

#include <stddef.h>

#include "kernel/replay.h"
#include "util/why.h"

struct fb_input;

/* "-" is standard input. 0, or -errno with one sentence in `why`. */
int fb_input_open(const char *path, struct fb_input **ret_input, struct fb_why *why);
void fb_input_free(struct fb_input *input);

/*
 * 1 and a frame that is valid until the next call, 0 at the end, -errno: fb_input_why. -ENODATA:
 * the file ends within a frame, as captures do that were interrupted.
 */
int fb_input_next(struct fb_input *input, struct fb_frame *ret_frame);
const char *fb_input_why(const struct fb_input *input);

/* How much was read, -1 if the end is not known. */
int fb_input_percent(const struct fb_input *input);
