/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetsender.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "util/clock.h"

#define IDLE_MS	      1000
#define FIRST_WAIT_MS 500   /* when all servers failed; doubled each time ... */
#define LAST_WAIT_MS  30000 /* ... up to this, and for each sensor a little else */

struct fb_fleetsender {
	struct fb_outlet outlet;
	struct fb_diskspool *spool;
	atomic_bool *stop;
	struct fb_export_counters *counters;
	pthread_t thread;
	struct fb_buf data;
	unsigned int fails; /* in a row */
	pthread_mutex_t lock;
	struct fb_why why, news;
};

/* --- what is told ----------------------------------------------------------------------------- */

void fb_fleetsender_count(struct fb_diskspool *spool, struct fb_export_counters *counters)
{
	struct fb_diskspool_state state;
	uint64_t dropped = 0;

	fb_diskspool_state(spool, &state);
#define X(name, help)                                                                              \
	atomic_store(&counters->dropped_##name, state.lost[FB_DISKSPOOL_##name].rows);             \
	dropped += state.lost[FB_DISKSPOOL_##name].rows;
	FB_DISKSPOOL_REASONS(X)
#undef X
	atomic_store(&counters->dropped, dropped);
	atomic_store(&counters->queue_bytes, state.bytes);
}

static void set_why(struct fb_fleetsender *sender, const struct fb_why *why)
{
	pthread_mutex_lock(&sender->lock);
	sender->why = *why;
	pthread_mutex_unlock(&sender->lock);
	atomic_store(&sender->counters->error, *why->text ? -EAGAIN : 0);
}

void fb_fleetsender_why(struct fb_fleetsender *sender, struct fb_why *ret_why)
{
	pthread_mutex_lock(&sender->lock);
	*ret_why = sender->why;
	pthread_mutex_unlock(&sender->lock);
}

bool fb_fleetsender_news(struct fb_fleetsender *sender, struct fb_why *ret_why)
{
	bool any;

	pthread_mutex_lock(&sender->lock);
	*ret_why = sender->news;
	any = *sender->news.text;
	*sender->news.text = '\0';
	pthread_mutex_unlock(&sender->lock);
	return any;
}

/* --- a batch ---------------------------------------------------------------------------------- */

static void tell_refused(struct fb_fleetsender *sender, const struct fb_batch *batch,
			 const struct fb_why *why)
{
	pthread_mutex_lock(&sender->lock);
	fb_why_set(&sender->news, 0,
		   "a batch of %" PRIu64 " rows was refused and is set aside: %.300s", batch->rows,
		   why->text);
	pthread_mutex_unlock(&sender->lock);
}

/* --- its thread ------------------------------------------------------------------------------- */

/* Sensors that lost the same server do not all come back at the same moment. */
static unsigned int wait_ms(const struct fb_fleetsender *sender)
{
	const unsigned int rounds = sender->fails / sender->outlet.n(sender->outlet.ctx);
	uint64_t ms = (uint64_t)FIRST_WAIT_MS << (rounds < 8 ? rounds - 1 : 7);
	uint16_t luck = 0;

	if (ms > LAST_WAIT_MS)
		ms = LAST_WAIT_MS;
	(void)!getrandom(&luck, sizeof(luck), GRND_NONBLOCK);
	return (unsigned int)(ms - ms / 4 + ms / 2 * luck / UINT16_MAX);
}

/* Of an insert that nobody knows the end of, the same server knows best. */
static void fail(struct fb_fleetsender *sender, const struct fb_why *why, bool unsure)
{
	atomic_fetch_add(&sender->counters->errors, 1);
	set_why(sender, why);
	sender->fails++;
	if (!unsure)
		sender->outlet.next(sender->outlet.ctx);
	if (sender->fails % sender->outlet.n(sender->outlet.ctx) == 0)
		fb_diskspool_wait(sender->spool, wait_ms(sender), false);
}

static void end_batch(struct fb_fleetsender *sender, const struct fb_batch *batch,
		      enum fb_outlet_end end, const struct fb_why *why)
{
	static const struct fb_why none;

	switch (end) {
	case FB_OUTLET_TAKEN:
		fb_diskspool_end(sender->spool, batch, FB_DISKSPOOL_SENT, false);
		atomic_fetch_add(&sender->counters->sent, batch->rows);
		atomic_fetch_add(&sender->counters->batches, 1);
		break;
	case FB_OUTLET_REFUSED:
		fb_diskspool_end(sender->spool, batch, FB_DISKSPOOL_REFUSED, false);
		atomic_fetch_add(&sender->counters->errors, 1);
		tell_refused(sender, batch, why);
		break;
	default:
		fb_diskspool_end(sender->spool, batch, FB_DISKSPOOL_LATER, end == FB_OUTLET_UNSURE);
	}
	fb_fleetsender_count(sender->spool, sender->counters);
	if (end == FB_OUTLET_TAKEN || end == FB_OUTLET_REFUSED) {
		sender->fails = 0;
		set_why(sender, &none);
	} else if (!atomic_load(sender->stop)) {
		fail(sender, why, end == FB_OUTLET_UNSURE);
	}
}

static enum fb_outlet_end deliver(struct fb_fleetsender *sender, const struct fb_batch *batch,
				  struct fb_why *why)
{
	return sender->outlet.deliver(sender->outlet.ctx, batch, &sender->data, why);
}

static void rest(struct fb_fleetsender *sender)
{
	struct fb_diskspool_state state;

	fb_fleetsender_count(sender->spool, sender->counters); /* what was torn */
	fb_diskspool_state(sender->spool, &state);
	/* one that waits and was not had lacked memory */
	fb_diskspool_wait(sender->spool, IDLE_MS, !state.batches);
}

static void *run(void *ctx)
{
	struct fb_fleetsender *sender = ctx;
	struct fb_batch batch;

	while (!atomic_load(sender->stop)) {
		struct fb_why why = {""};

		if (fb_diskspool_take(sender->spool, &batch, &sender->data))
			end_batch(sender, &batch, deliver(sender, &batch, &why), &why);
		else
			rest(sender);
	}
	return NULL;
}

int fb_fleetsender_start(const struct fb_outlet *outlet, struct fb_diskspool *spool,
			 atomic_bool *stop, struct fb_export_counters *counters,
			 struct fb_fleetsender **ret_sender)
{
	struct fb_fleetsender *sender = calloc(1, sizeof(*sender));
	sigset_t all, before;
	int r;

	if (!sender)
		return -ENOMEM;
	sender->outlet = *outlet;
	sender->spool = spool;
	sender->stop = stop;
	sender->counters = counters;
	pthread_mutex_init(&sender->lock, NULL);
	/* signals are the engine's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&sender->thread, NULL, run, sender);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r < 0) {
		pthread_mutex_destroy(&sender->lock);
		free(sender);
		return r;
	}
	*ret_sender = sender;
	return 0;
}

static bool may_empty(struct fb_fleetsender *sender)
{
	struct fb_diskspool_state state;

	fb_diskspool_state(sender->spool, &state);
	return state.batches && !atomic_load(&sender->counters->error);
}

void fb_fleetsender_stop(struct fb_fleetsender *sender, unsigned int ms)
{
	const uint64_t until = fb_monotonic_ms() + ms;
	const struct timespec pause = {.tv_nsec = 20 * FB_NS_PER_MS};

	if (!sender)
		return;
	while (may_empty(sender) && fb_monotonic_ms() < until)
		nanosleep(&pause, NULL);
	atomic_store(sender->stop, true);
	fb_diskspool_wake(sender->spool);
	pthread_join(sender->thread, NULL);
	pthread_mutex_destroy(&sender->lock);
	fb_buf_fini(&sender->data);
	free(sender);
}
