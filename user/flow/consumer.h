/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever takes flows as they move and end: series and windows, later history and exporters. The
 * engine opens all of them or none, and calls them in the order in which they were added.
 *
 * What moved and what ended stands in the snapshot (fb_traffic.moved_*, fb_snapshot.ended): summed
 * over all ticks it is what was counted, and the last end of an id has all of its flow.
 */
#pragma once

#include <stdint.h>

#include "flow/snapshot.h"

struct fb_window;

struct fb_consumer_ops {
	const char *name;
	/*
	 * Ticks and windows that may wait for a thread of its own, which then makes all calls but
	 * open and close; what finds no room is dropped and counted. 0: the engine's thread makes
	 * them, and none may block.
	 */
	unsigned int queue;

	/* Before the first tick; may need root. -errno ends the start. NULL: nothing to do. */
	int (*open)(void *ctx);
	/*
	 * `losses`: of anything, since the start. 0, or -errno: it is counted as dropped. -EAGAIN
	 * of one that has a queue: once more after a while.
	 */
	int (*tick)(void *ctx, struct fb_snapshot *snapshot, uint64_t losses);
	/* A tick found no room in the queue: it is lost. NULL: of no interest. */
	void (*dropped)(void *ctx, const struct fb_snapshot *snapshot);
	/* A window closed; after its last tick. NULL: of no interest. */
	int (*window)(void *ctx, const struct fb_window *window);
	/* What is held back goes out, for there will be no other tick. NULL: nothing is. */
	void (*flush)(void *ctx);
	/* Undoes open. NULL: nothing to do. */
	void (*close)(void *ctx);
};

/* X(name, loss, help): of one consumer; queued == done + dropped + those that wait. */
#define FB_CONSUMER_COUNTERS(X)                                                                    \
	X(queued, false, "ticks and windows handed to consumers of flows")                         \
	X(done, false, "ticks and windows that consumers took")                                    \
	X(dropped, true, "ticks and windows that a consumer did not take")                         \
	X(retries, false, "ticks and windows that a consumer tried once more")

struct fb_consumer_counters {
#define X(name, loss, help) uint64_t name;
	FB_CONSUMER_COUNTERS(X)
#undef X
};
