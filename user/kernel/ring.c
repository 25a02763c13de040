/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring buffer's consumer: libbpf's, with a check that a record is what it says. */
#include "kernel/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "util/cleanup.h"

struct fb_ring {
	struct ring_buffer *buffer;
	fb_ring_fn fn;
	void *ctx;
	uint64_t bad;
	unsigned int left; /* records that this fb_ring_read may still hand out */
};

/* What the callback returns to end a read early; libbpf gives it back from consume. */
#define ENOUGH (-ECANCELED)

static int handle_record(void *ctx, void *data, size_t size)
{
	struct fb_ring *ring = ctx;
	const struct fb_event *event = data;

	if (size < sizeof(*event) || size - sizeof(*event) < event->caplen ||
	    event->caplen > FB_SAMPLE_MAX)
		__atomic_fetch_add(&ring->bad, 1, __ATOMIC_RELAXED);
	else
		ring->fn(ring->ctx, event, (const uint8_t *)(event + 1));
	return --ring->left == 0 ? ENOUGH : 0;
}

int fb_ring_new(struct fb_bpf *bpf, fb_ring_fn fn, void *ctx, struct fb_ring **ret_ring)
{
	_cleanup_free_ struct fb_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	ring->fn = fn;
	ring->ctx = ctx;
	ring->buffer = ring_buffer__new(fb_bpf_map_fd(bpf, FB_MAP_RING), handle_record, ring, NULL);
	if (!ring->buffer)
		return -errno;
	*ret_ring = TAKE_PTR(ring);
	return 0;
}

void fb_ring_free(struct fb_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int fb_ring_fd(const struct fb_ring *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

int fb_ring_read(struct fb_ring *ring, unsigned int max)
{
	int r;

	if (max == 0)
		max = INT32_MAX;
	ring->left = max;
	r = ring_buffer__consume(ring->buffer);
	if (r < 0 && r != ENOUGH)
		return r;
	return (int)(max - ring->left);
}

uint64_t fb_ring_bad(const struct fb_ring *ring)
{
	return __atomic_load_n(&ring->bad, __ATOMIC_RELAXED);
}
