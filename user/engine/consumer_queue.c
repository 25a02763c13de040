/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of calls, one thread that makes them; see the header. */
#include "engine/consumer_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "util/clock.h"

#define FIRST_WAIT_MS 50   /* before a second try; doubled each time ... */
#define LAST_WAIT_MS  5000 /* ... up to this */

struct fb_consumer_queue {
	const struct fb_consumer_ops *ops;
	void *ctx;
	struct fb_anonymised *told; /* NULL: all */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, taken;
	bool ending;
	unsigned int first, n;
	struct fb_consumer_counters counters;
	struct fb_consumer_call *calls; /* [ops->queue] */
};

int fb_consumer_make_call(const struct fb_consumer_ops *ops, void *ctx,
			  struct fb_consumer_call *call)
{
	if (call->snapshot)
		return ops->tick(ctx, call->snapshot, call->losses);
	return ops->window ? ops->window(ctx, &call->window) : 0;
}

int fb_consumer_queue_new(const struct fb_consumer_ops *ops, void *ctx,
			  struct fb_consumer_queue **ret_queue)
{
	struct fb_consumer_queue *queue = calloc(1, sizeof(*queue));
	pthread_condattr_t attr;

	if (!queue)
		return -ENOMEM;
	queue->calls = calloc(ops->queue, sizeof(*queue->calls));
	if (!queue->calls) {
		free(queue);
		return -ENOMEM;
	}
	queue->ops = ops;
	queue->ctx = ctx;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->wake, &attr);
	pthread_cond_init(&queue->taken, &attr);
	pthread_condattr_destroy(&attr);
	*ret_queue = queue;
	return 0;
}

/* With the lock held: until something is due or the end. False: there is nothing left. */
static bool next_call(struct fb_consumer_queue *queue, struct fb_consumer_call *call)
{
	while (!queue->n && !queue->ending)
		pthread_cond_wait(&queue->wake, &queue->lock);
	if (!queue->n)
		return false;
	*call = queue->calls[queue->first];
	queue->first = (queue->first + 1) % queue->ops->queue;
	queue->n--;
	pthread_cond_signal(&queue->taken);
	return true;
}

/* With the lock held. False: it ends, there is no second try. */
static bool wait_to_retry(struct fb_consumer_queue *queue, unsigned int ms)
{
	const struct timespec until = fb_monotonic_in_ms(ms);
	int r = 0;

	while (!queue->ending && r == 0)
		r = pthread_cond_timedwait(&queue->wake, &queue->lock, &until);
	return !queue->ending;
}

void fb_consumer_queue_anonymise(struct fb_consumer_queue *queue, struct fb_anonymised *told)
{
	queue->told = told;
}

/* What the consumer is told in its place. 0 or -ENOMEM: then it is told nothing. */
static int tell_less(struct fb_anonymised *told, struct fb_consumer_call *call)
{
	struct fb_snapshot *all = call->snapshot;

	if (!all) {
		fb_anonymise_window(&told->who, &call->window);
		return 0;
	}
	call->snapshot = fb_anonymised_of(told, all);
	fb_snapshot_put(all);
	return call->snapshot ? 0 : -ENOMEM;
}

/* With the lock held, but not during the call. */
static void make_call(struct fb_consumer_queue *queue, struct fb_consumer_call *call)
{
	unsigned int ms = FIRST_WAIT_MS;
	int r, less;

	pthread_mutex_unlock(&queue->lock);
	less = queue->told ? tell_less(queue->told, call) : 0;
	pthread_mutex_lock(&queue->lock);
	for (;;) {
		pthread_mutex_unlock(&queue->lock);
		r = less ? less : fb_consumer_make_call(queue->ops, queue->ctx, call);
		pthread_mutex_lock(&queue->lock);
		if (r != -EAGAIN || !wait_to_retry(queue, ms))
			break;
		queue->counters.retries++;
		ms = ms * 2 < LAST_WAIT_MS ? ms * 2 : LAST_WAIT_MS;
	}
	queue->counters.done += r == 0;
	queue->counters.dropped += r != 0;
	fb_snapshot_put(call->snapshot);
}

static void *run(void *ctx)
{
	struct fb_consumer_queue *queue = ctx;
	struct fb_consumer_call call;

	pthread_mutex_lock(&queue->lock);
	while (next_call(queue, &call))
		make_call(queue, &call);
	pthread_mutex_unlock(&queue->lock);
	if (queue->ops->flush)
		queue->ops->flush(queue->ctx);
	return NULL;
}

int fb_consumer_queue_start(struct fb_consumer_queue *queue)
{
	int r = -pthread_create(&queue->thread, NULL, run, queue);

	queue->started = r == 0;
	return r;
}

void fb_consumer_queue_free(struct fb_consumer_queue *queue)
{
	struct fb_consumer_call call;

	if (!queue)
		return;
	pthread_mutex_lock(&queue->lock);
	queue->ending = true;
	pthread_cond_signal(&queue->wake);
	while (!queue->started && next_call(queue, &call))
		fb_snapshot_put(call.snapshot);
	pthread_mutex_unlock(&queue->lock);
	if (queue->started)
		pthread_join(queue->thread, NULL);
	pthread_cond_destroy(&queue->wake);
	pthread_cond_destroy(&queue->taken);
	pthread_mutex_destroy(&queue->lock);
	free(queue->calls);
	free(queue);
}

void fb_consumer_queue_add(struct fb_consumer_queue *queue, const struct fb_consumer_call *call)
{
	const unsigned int size = queue->ops->queue;
	bool full;

	pthread_mutex_lock(&queue->lock);
	full = queue->n == size;
	queue->counters.queued++;
	queue->counters.dropped += full;
	if (!full) {
		queue->calls[(queue->first + queue->n++) % size] = *call;
		pthread_cond_signal(&queue->wake);
	}
	pthread_mutex_unlock(&queue->lock);
	if (!full)
		return;
	if (call->snapshot && queue->ops->dropped)
		queue->ops->dropped(queue->ctx, call->snapshot);
	fb_snapshot_put(call->snapshot);
}

void fb_consumer_queue_wait(struct fb_consumer_queue *queue, unsigned int ms)
{
	const struct timespec until = fb_monotonic_in_ms(ms);
	int r = 0;

	pthread_mutex_lock(&queue->lock);
	while (queue->n > queue->ops->queue / 2 && r == 0)
		r = pthread_cond_timedwait(&queue->taken, &queue->lock, &until);
	pthread_mutex_unlock(&queue->lock);
}

void fb_consumer_queue_counters(struct fb_consumer_queue *queue,
				struct fb_consumer_counters *ret_counters)
{
	pthread_mutex_lock(&queue->lock);
	*ret_counters = queue->counters;
	pthread_mutex_unlock(&queue->lock);
}
