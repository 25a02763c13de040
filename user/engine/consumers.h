/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All who consume flows: opened together, fed once a tick, closed in the other order. Used by the
 * engine's thread.
 */
#pragma once

#include "engine/consumer_queue.h"

#define FB_CONSUMERS 20

struct fb_consumers {
	unsigned int n, n_open;
	struct fb_consumer {
		const struct fb_consumer_ops *ops;
		void *ctx;
		struct fb_anonymise how;	      /* what it is told */
		struct fb_anonymised *told;	      /* NULL: all; from the start on */
		struct fb_consumer_queue *queue;      /* NULL: called at once */
		struct fb_consumer_counters counters; /* without a queue */
	} list[FB_CONSUMERS];
};

/* Before they are opened; `ops` and `ctx` are borrowed. -ENOSPC: more than FB_CONSUMERS. */
int fb_consumers_add(struct fb_consumers *consumers, const struct fb_consumer_ops *ops, void *ctx);

/* The one that was added last is told only this; it has a queue. Before they are opened. */
void fb_consumers_anonymise(struct fb_consumers *consumers, struct fb_anonymise how);

/* All, or -errno and none is open. */
int fb_consumers_open(struct fb_consumers *consumers);
/* The key that prefixes are made others by; before the start. 0 or -ENOMEM. */
int fb_consumers_key(struct fb_consumers *consumers, const uint8_t key[static FB_CRYPTOPAN_KEY]);
/* The threads of those that have one; when privileges are dropped. 0 or -errno. */
int fb_consumers_start(struct fb_consumers *consumers);
/* Flush and close those that are open. */
void fb_consumers_close(struct fb_consumers *consumers);

void fb_consumers_tick(struct fb_consumers *consumers, struct fb_snapshot *snapshot,
		       uint64_t losses);
void fb_consumers_window(struct fb_consumers *consumers, const struct fb_window *window);

/* Wait until there is room in every queue, a while at most: ticks of a capture come faster than
 * a second. */
void fb_consumers_wait(struct fb_consumers *consumers);

/* Ticks and windows that wait for one of them. */
unsigned int fb_consumers_waiting(const struct fb_consumers *consumers,
				  const struct fb_consumer_ops *ops);

/* Of all together. */
void fb_consumers_counters(const struct fb_consumers *consumers,
			   struct fb_consumer_counters *ret_counters);
