/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A consumer on a thread of its own, behind a queue that has a size: whoever feeds it never waits.
 * What does not fit is dropped and counted.
 */
#pragma once

#include "flow/consumer.h"
#include "past/windows.h"
#include "policy/anonymised.h"

struct fb_consumer_queue;

/* One call that is due: a tick, or a window where there is no snapshot. */
struct fb_consumer_call {
	struct fb_snapshot *snapshot; /* a reference; NULL: a window */
	uint64_t losses;
	struct fb_window window;
};

/* Make the call; 0 or -errno. */
int fb_consumer_make_call(const struct fb_consumer_ops *ops, void *ctx,
			  struct fb_consumer_call *call);

int fb_consumer_queue_new(const struct fb_consumer_ops *ops, void *ctx,
			  struct fb_consumer_queue **ret_queue);
/* Its consumer is told what `told` leaves, which lives until the queue is freed. Before the start.
 */
void fb_consumer_queue_anonymise(struct fb_consumer_queue *queue, struct fb_anonymised *told);
/* The thread begins. 0 or -errno. */
int fb_consumer_queue_start(struct fb_consumer_queue *queue);
/* Each call that waits is made once, without a second try; then flush, and the thread is gone. */
void fb_consumer_queue_free(struct fb_consumer_queue *queue);

/* Takes the reference over, whatever becomes of it. */
void fb_consumer_queue_add(struct fb_consumer_queue *queue, const struct fb_consumer_call *call);

/* Wait until half of it is free, at most `ms`: for who can wait, as a capture can. */
void fb_consumer_queue_wait(struct fb_consumer_queue *queue, unsigned int ms);

void fb_consumer_queue_counters(struct fb_consumer_queue *queue,
				struct fb_consumer_counters *ret_counters);
