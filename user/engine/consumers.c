/* SPDX-License-Identifier: BSD-2-Clause */
/* Consumers of flows, one after the other. */
#include "engine/consumers.h"

#include <errno.h>
#include <stdlib.h>

#include "util/cleanup.h"

#define WAIT_MS 5000 /* for room, before what finds none is dropped and counted */

int fb_consumers_add(struct fb_consumers *consumers, const struct fb_consumer_ops *ops, void *ctx)
{
	if (consumers->n == FB_CONSUMERS)
		return -ENOSPC;
	consumers->list[consumers->n++] = (struct fb_consumer){.ops = ops, .ctx = ctx};
	return 0;
}

void fb_consumers_anonymise(struct fb_consumers *consumers, struct fb_anonymise how)
{
	consumers->list[consumers->n - 1].how = how;
}

static int open_one(struct fb_consumer *consumer)
{
	const struct fb_consumer_ops *ops = consumer->ops;
	int r = 0;

	if (ops->queue)
		r = fb_consumer_queue_new(ops, consumer->ctx, &consumer->queue);
	if (r == 0 && ops->open)
		r = ops->open(consumer->ctx);
	if (r < 0) {
		fb_consumer_queue_free(consumer->queue);
		consumer->queue = NULL;
	}
	return r;
}

static void close_one(struct fb_consumer *consumer)
{
	if (consumer->queue)
		fb_consumer_queue_free(consumer->queue);
	else if (consumer->ops->flush)
		consumer->ops->flush(consumer->ctx);
	consumer->queue = NULL;
	if (consumer->ops->close)
		consumer->ops->close(consumer->ctx);
	if (consumer->told)
		fb_anonymised_fini(consumer->told);
	free(TAKE_PTR(consumer->told));
}

int fb_consumers_open(struct fb_consumers *consumers)
{
	while (consumers->n_open < consumers->n) {
		int r = open_one(&consumers->list[consumers->n_open]);

		if (r < 0) {
			fb_consumers_close(consumers);
			return r;
		}
		consumers->n_open++;
	}
	return 0;
}

int fb_consumers_key(struct fb_consumers *consumers, const uint8_t key[static FB_CRYPTOPAN_KEY])
{
	for (unsigned int i = 0; i < consumers->n_open; i++) {
		struct fb_consumer *consumer = &consumers->list[i];

		if (!fb_anonymise_is_on(&consumer->how))
			continue;
		consumer->told = malloc(sizeof(*consumer->told));
		if (!consumer->told)
			return -ENOMEM;
		fb_anonymised_init(consumer->told, consumer->how, key);
		fb_consumer_queue_anonymise(consumer->queue, consumer->told);
	}
	return 0;
}

int fb_consumers_start(struct fb_consumers *consumers)
{
	int r = 0;

	for (unsigned int i = 0; i < consumers->n_open && r == 0; i++)
		if (consumers->list[i].queue)
			r = fb_consumer_queue_start(consumers->list[i].queue);
	return r;
}

void fb_consumers_close(struct fb_consumers *consumers)
{
	while (consumers->n_open)
		close_one(&consumers->list[--consumers->n_open]);
}

static void call_one(struct fb_consumer *consumer, struct fb_consumer_call *call)
{
	int r;

	if (consumer->queue) {
		struct fb_consumer_call own = *call;

		if (own.snapshot)
			fb_snapshot_get(own.snapshot);
		fb_consumer_queue_add(consumer->queue, &own);
		return;
	}
	r = fb_consumer_make_call(consumer->ops, consumer->ctx, call);
	consumer->counters.queued++;
	consumer->counters.done += r == 0;
	consumer->counters.dropped += r != 0;
}

void fb_consumers_tick(struct fb_consumers *consumers, struct fb_snapshot *snapshot,
		       uint64_t losses)
{
	struct fb_consumer_call call = {.snapshot = snapshot, .losses = losses};

	for (unsigned int i = 0; i < consumers->n_open; i++)
		call_one(&consumers->list[i], &call);
}

void fb_consumers_window(struct fb_consumers *consumers, const struct fb_window *window)
{
	struct fb_consumer_call call = {.window = *window};

	for (unsigned int i = 0; i < consumers->n_open; i++)
		if (consumers->list[i].ops->window)
			call_one(&consumers->list[i], &call);
}

void fb_consumers_wait(struct fb_consumers *consumers)
{
	for (unsigned int i = 0; i < consumers->n_open; i++)
		if (consumers->list[i].queue)
			fb_consumer_queue_wait(consumers->list[i].queue, WAIT_MS);
}

unsigned int fb_consumers_waiting(const struct fb_consumers *consumers,
				  const struct fb_consumer_ops *ops)
{
	struct fb_consumer_counters one;

	for (unsigned int i = 0; i < consumers->n_open; i++)
		if (consumers->list[i].ops == ops && consumers->list[i].queue) {
			fb_consumer_queue_counters(consumers->list[i].queue, &one);
			return (unsigned int)(one.queued - one.done - one.dropped);
		}
	return 0;
}

void fb_consumers_counters(const struct fb_consumers *consumers,
			   struct fb_consumer_counters *ret_counters)
{
	*ret_counters = (struct fb_consumer_counters){0};
	for (unsigned int i = 0; i < consumers->n_open; i++) {
		struct fb_consumer_counters one = consumers->list[i].counters;

		if (consumers->list[i].queue)
			fb_consumer_queue_counters(consumers->list[i].queue, &one);
#define X(name, loss, help) ret_counters->name += one.name;
		FB_CONSUMER_COUNTERS(X)
#undef X
	}
}
