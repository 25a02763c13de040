/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consumer of fb_ring: payload samples. Used by one thread, which polls fb_ring_fd and calls
 * fb_ring_read; any may ask fb_ring_bad.
 */
#pragma once

#include <stdint.h>

#include <flowbpf/event.h>

#include "kernel/bpf.h"

struct fb_ring;

/* `payload` holds event->caplen bytes, FB_SAMPLE_MAX at most; both are valid during the call only.
 */
typedef void (*fb_ring_fn)(void *ctx, const struct fb_event *event, const uint8_t *payload);

int fb_ring_new(struct fb_bpf *bpf, fb_ring_fn fn, void *ctx, struct fb_ring **ret_ring);
void fb_ring_free(struct fb_ring *ring);

/* An epoll file descriptor: readable when records wait. */
int fb_ring_fd(const struct fb_ring *ring);

/*
 * Hand out what waits, at most `max` records (0: all of it), so that a flood of samples cannot hold
 * the loop up. Returns the records handed out, or -errno.
 */
int fb_ring_read(struct fb_ring *ring, unsigned int max);

/* Records with an impossible length, dropped: 0 unless the two halves are of different versions. */
uint64_t fb_ring_bad(const struct fb_ring *ring);
