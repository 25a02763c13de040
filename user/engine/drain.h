/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that empties the ring buffer of samples, so that a tick that takes long, or a machine
 * that is busy, loses none: it only copies, to blocks that the engine's thread reads when it comes
 * to it. Before the thread is started, and without it, the reader fetches for itself.
 */
#pragma once

#include "kernel/ring.h"

/* What waits, at most; when it is full, samples stay in the ring, whose losses are counted. */
#define FB_DRAIN_BYTES (64u * 1024 * 1024)

struct fb_drain;

/* `fn` is called by fb_drain_read. */
int fb_drain_new(struct fb_bpf *bpf, fb_ring_fn fn, void *ctx, struct fb_drain **ret_drain);
/* Ends the thread. NULL is fine. */
void fb_drain_free(struct fb_drain *drain);

/* Start the thread with the caller's rights, system call filter and priority. 0 or -errno. */
int fb_drain_start(struct fb_drain *drain);

/* Readable while samples wait. */
int fb_drain_fd(const struct fb_drain *drain);

/* Hand out what waits, at most `max` samples; how many. The reader's thread, always the same. */
unsigned int fb_drain_read(struct fb_drain *drain, unsigned int max);

/* As fb_ring_bad; any thread. */
uint64_t fb_drain_bad(const struct fb_drain *drain);
