/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings alerts to people: a bounded queue before each sender, of which the oldest goes where there
 * is no room. What cannot be sent is tried again, later each time, also after a restart
 * (alerts.spool in the state folder), in its order, for a day. Nobody waits for it, and no sender
 * for another: each message is sent by a thread of its own, one of each sender at a time.
 *
 * Threads of the daemon and no process beside it: they start when rights are given up, and have
 * nothing to do but to speak to sockets, so what an escape would gain is what the daemon has.
 */
#pragma once

#include "sink/sender.h"

#define FB_COURIER_QUEUE 128 /* messages before one sender */

/* X(name, loss, help): queued == sent + dropped + refused + those that wait. */
#define FB_COURIER_COUNTERS(X)                                                                     \
	X(queued, false, "messages about alerts that senders were to send")                        \
	X(sent, false, "messages about alerts that a receiver took")                               \
	X(dropped, true, "messages about alerts that found no room, or nobody took for a day")     \
	X(refused, true, "messages about alerts that a receiver refused")                          \
	X(retries, false, "times that a message about an alert was not taken")

struct fb_courier_counters {
#define X(name, loss, help) uint64_t name;
	FB_COURIER_COUNTERS(X)
#undef X
};

struct fb_courier_state {
	char name[FB_ALARM_NAME + 1];
	const char *kind; /* static */
	struct fb_courier_counters counters;
	unsigned int waiting;
	char error[160];  /* why it waits; empty: it does not */
	int64_t error_ms; /* since when */
};

struct fb_courier;

/* The senders, as sink/sender.h reads them; while root. -EINVAL with a sentence. */
int fb_courier_new(const char *const *senders, unsigned int n, struct fb_courier **ret_courier,
		   struct fb_why *why);
/* Take up what the last run left in `folder` (-1: none), and start. 0 or -errno. */
int fb_courier_start(struct fb_courier *courier, int folder);
/*
 * Other senders from here on; by whoever made it. One that is written as before goes on as it is,
 * its secrets are not read again; one of the same name keeps what waits; what waits for another is
 * dropped, and counted. -EINVAL or another -errno with a sentence: all stays as it was.
 */
int fb_courier_change(struct fb_courier *courier, const char *const *senders, unsigned int n,
		      struct fb_why *why);
/* Stop; what waits is in the spool. NULL is fine. */
void fb_courier_free(struct fb_courier *courier);

/* --- any thread ------------------------------------------------------------------------------- */

/* To all senders that take its severity. */
void fb_courier_add(struct fb_courier *courier, const struct fb_alarm *alarm);
/* To that one alone: how many it was given since the start, this one among them; -ENOENT. */
int fb_courier_add_to(struct fb_courier *courier, const char *sender, const struct fb_alarm *alarm);
/* What senders counted that are no more. */
struct fb_courier_counters fb_courier_gone(struct fb_courier *courier);
/* How many of `states` there are. */
unsigned int fb_courier_states(struct fb_courier *courier,
			       struct fb_courier_state states[static FB_SENDERS]);
