/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of samples from one thread to another. */
#include "engine/drain.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"

#define BLOCK_ROOM   (256u * 1024)
#define BLOCKS_MAX   (FB_DRAIN_BYTES / BLOCK_ROOM)
#define BLOCKS_KEPT  4 /* to be used again; memory of a peak goes back */
#define ALIGNED(len) (((uint32_t)(len) + 7) & ~7u)
#define SAMPLE_MOST  ALIGNED(sizeof(struct fb_event) + FB_SAMPLE_MAX)
/* After it has emptied the ring: so samples come in batches, and a wake-up each costs nothing. */
#define REST_MS 5

struct block {
	struct block *next;
	uint32_t used; /* bytes */
	_Alignas(8) uint8_t data[BLOCK_ROOM];
};

struct fb_drain {
	struct fb_ring *ring;
	fb_ring_fn fn;
	void *ctx;
	int wake, stop; /* eventfds: samples wait; the thread is to end */
	pthread_t thread;
	bool started;

	struct block *filling; /* the fetcher's own */
	struct block *reading; /* the reader's own, from ... */
	uint32_t read;	       /* ... this byte on */

	pthread_mutex_t lock; /* protects the rest */
	struct block *first, *last, *spare;
	unsigned int n_blocks, n_spare; /* of all, those in use; spare ones */
};

static void keep_sample(void *ctx, const struct fb_event *event, const uint8_t *payload)
{
	struct block *block = ((struct fb_drain *)ctx)->filling;

	memcpy(block->data + block->used, event, sizeof(*event));
	memcpy(block->data + block->used + sizeof(*event), payload, event->caplen);
	block->used += ALIGNED(sizeof(*event) + event->caplen);
}

/* NULL: as many wait as there may, or memory is short. */
static struct block *take_block(struct fb_drain *drain)
{
	struct block *block = NULL;

	pthread_mutex_lock(&drain->lock);
	if (drain->spare) {
		block = drain->spare;
		drain->spare = block->next;
		drain->n_spare--;
	} else if (drain->n_blocks < BLOCKS_MAX) {
		block = malloc(sizeof(*block));
	}
	drain->n_blocks += block != NULL;
	pthread_mutex_unlock(&drain->lock);
	if (block) {
		block->next = NULL;
		block->used = 0;
	}
	return block;
}

static void give_block(struct fb_drain *drain, struct block *block)
{
	pthread_mutex_lock(&drain->lock);
	drain->n_blocks--;
	if (drain->n_spare < BLOCKS_KEPT) {
		block->next = drain->spare;
		drain->spare = block;
		drain->n_spare++;
		block = NULL;
	}
	pthread_mutex_unlock(&drain->lock);
	free(block);
}

static void hand_over(struct fb_drain *drain)
{
	struct block *block = TAKE_PTR(drain->filling);
	bool first;

	pthread_mutex_lock(&drain->lock);
	first = !drain->first;
	*(first ? &drain->first : &drain->last->next) = block;
	drain->last = block;
	pthread_mutex_unlock(&drain->lock);
	if (first)
		eventfd_write(drain->wake, 1);
}

/* One block full, or all that the ring has. False: there may be more. */
static bool fetch(struct fb_drain *drain)
{
	unsigned int room;
	int n = 0;

	drain->filling = take_block(drain);
	if (!drain->filling)
		return true;
	while ((room = (BLOCK_ROOM - drain->filling->used) / SAMPLE_MOST) > 0) {
		n = fb_ring_read(drain->ring, room);
		if (n < (int)room)
			break;
	}
	if (drain->filling->used)
		hand_over(drain);
	else
		give_block(drain, TAKE_PTR(drain->filling));
	return room > 0;
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *run(void *ctx)
{
	static const struct timespec rest = {.tv_nsec = REST_MS * 1000000};
	struct fb_drain *drain = ctx;
	struct pollfd sources[] = {
		{.fd = fb_ring_fd(drain->ring), .events = POLLIN},
		{.fd = drain->stop, .events = POLLIN},
	};

	while (poll(sources, 2, -1) < 0 || !sources[1].revents) {
		while (!fetch(drain))
			;
		nanosleep(&rest, NULL);
	}
	return NULL;
}

int fb_drain_start(struct fb_drain *drain)
{
	int r = -pthread_create(&drain->thread, NULL, run, drain);

	drain->started = r == 0;
	return r;
}

/* --- life ------------------------------------------------------------------------------------- */

static void free_drain(struct fb_drain **drain)
{
	fb_drain_free(*drain);
}

int fb_drain_new(struct fb_bpf *bpf, fb_ring_fn fn, void *ctx, struct fb_drain **ret_drain)
{
	_cleanup_(free_drain) struct fb_drain *drain = calloc(1, sizeof(*drain));
	int r;

	if (!drain)
		return -ENOMEM;
	pthread_mutex_init(&drain->lock, NULL);
	drain->fn = fn;
	drain->ctx = ctx;
	drain->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	drain->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (drain->wake < 0 || drain->stop < 0)
		return -errno;
	r = fb_ring_new(bpf, keep_sample, drain, &drain->ring);
	if (r < 0)
		return r;
	*ret_drain = TAKE_PTR(drain);
	return 0;
}

static void free_blocks(struct block *block)
{
	while (block) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

void fb_drain_free(struct fb_drain *drain)
{
	if (!drain)
		return;
	if (drain->started) {
		eventfd_write(drain->stop, 1);
		pthread_join(drain->thread, NULL);
	}
	fb_ring_free(drain->ring);
	free_blocks(drain->first);
	free_blocks(drain->spare);
	free_blocks(drain->reading);
	if (drain->wake >= 0)
		close(drain->wake);
	if (drain->stop >= 0)
		close(drain->stop);
	pthread_mutex_destroy(&drain->lock);
	free(drain);
}

/* --- the reader ------------------------------------------------------------------------------- */

int fb_drain_fd(const struct fb_drain *drain)
{
	return drain->wake;
}

/* False: none waits, and the next one is told. */
static bool next_block(struct fb_drain *drain)
{
	eventfd_t told;

	if (drain->reading)
		give_block(drain, drain->reading);
	drain->read = 0;
	pthread_mutex_lock(&drain->lock);
	drain->reading = drain->first;
	if (drain->reading)
		drain->first = drain->reading->next;
	else
		eventfd_read(drain->wake, &told);
	pthread_mutex_unlock(&drain->lock);
	if (drain->reading)
		drain->reading->next = NULL;
	return drain->reading;
}

unsigned int fb_drain_read(struct fb_drain *drain, unsigned int max)
{
	unsigned int n = 0;

	if (!drain->started)
		fetch(drain);
	while (n < max) {
		const struct fb_event *event;

		if ((!drain->reading || drain->read == drain->reading->used) && !next_block(drain))
			break;
		event = (const struct fb_event *)(drain->reading->data + drain->read);
		drain->fn(drain->ctx, event, (const uint8_t *)(event + 1));
		drain->read += ALIGNED(sizeof(*event) + event->caplen);
		n++;
	}
	return n;
}

uint64_t fb_drain_bad(const struct fb_drain *drain)
{
	return fb_ring_bad(drain->ring);
}
