/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of a capture into the core, with a tick each second of the capture's time, which never
 * goes back. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core.h"
#include "kernel/replay.h"
#include "util/why.h"

struct fb_capturefeed {
	struct fb_core *core; /* borrowed */
	struct fb_replay *replay;
	bool gaps; /* ticks go on while nothing was captured */
	uint64_t newest_ns, next_tick_ns;

	/* All frames before core->moment are fed: make a snapshot. -errno: no more is wanted. */
	int (*tick)(void *ctx);
	void *ctx;
};

/* `core` is one of replay. 0, or -errno with a sentence. */
int fb_capturefeed_open(struct fb_capturefeed *feed, struct fb_core *core, struct fb_why *why);
/* Before the core's end. A zeroed feed is fine. */
void fb_capturefeed_close(struct fb_capturefeed *feed);

/* 0, or -errno: frames cannot be fed, or what a tick said. */
int fb_capturefeed_frame(struct fb_capturefeed *feed, const struct fb_frame *frame);
/* The last tick, of all rows. */
int fb_capturefeed_end(struct fb_capturefeed *feed);
