/* SPDX-License-Identifier: BSD-2-Clause */
/* The courier from inside: courier.c has its queues and what is kept of them, couriersend.c sends.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/courier.h"
#include "store/statefile.h"

struct fb_courier_way {
	struct fb_courier *courier;
	struct fb_sender *sender;
	char text[FB_SENDER_TEXT + FB_ALARM_NAME + 2]; /* as it was written */
	struct fb_alarm *queue;			       /* [FB_COURIER_QUEUE]; the oldest at first */
	unsigned int first, n;
	uint64_t head_no;	   /* of the message at first: another one when it is dropped */
	uint64_t next_ms, wait_ms; /* CLOCK_MONOTONIC */
	uint64_t tokens;	   /* thousandths of a message that may be sent now */
	uint64_t tokens_ms;	   /* as of then */
	struct fb_courier_counters counters;
	char error[160];
	int64_t error_ms;
	pthread_t errand;   /* with the message at first */
	bool sending, back; /* there is such a thread; ... which is to be joined */
};

/* What comes in their place, when nothing is being sent. */
struct fb_courier_ways {
	struct fb_courier_way
		*way[FB_SENDERS]; /* owned; without a sender: that of the name goes on */
	unsigned int n;
};

struct fb_courier {
	struct fb_courier_way *way[FB_SENDERS]; /* owned; the thread alone changes which */
	unsigned int n;
	int folder;
	pthread_t thread;
	bool started;
	struct fb_statefile spool; /* the thread's own */
	uint64_t save_ms;	   /* not before */

	pthread_mutex_t lock; /* protects the ways' queues and what they count, and: */
	pthread_cond_t wake;
	bool ending, unsaved;
	struct fb_courier_ways *next;	 /* NULL: nothing changes */
	struct fb_courier_counters gone; /* of senders that are no more */
};

/* With the lock held: senders that were changed; nothing is being sent. */
void fb_courier_take_over(struct fb_courier *courier);
/* ... which is given back meanwhile: what waits, into its file. */
void fb_courier_save(struct fb_courier *courier);
/* ... of a sender's queue, which has some. */
void fb_courier_drop_first(struct fb_courier_way *way);

/* The thread, until the courier is ending and all errands are back. */
void *fb_courier_run(void *courier);
