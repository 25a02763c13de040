/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the engine's thread: a ring of slots, one condition for all who wait. */
#include "engine/acts.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/audit.h"
#include "engine/forget_list.h"
#include "util/clock.h"
#include "util/cleanup.h"

#define SLOTS	     64 /* requests are made by people and scripts; more at once is a flood */
#define WAIT_SECONDS 5

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING,
	SLOT_DONE,
	SLOT_ABANDONED, /* its caller gave up: freed when performed */
};

struct slot {
	enum slot_state state;
	struct fb_act act;
	uint64_t order; /* first come, first served */
	int result;
};

struct fb_acts {
	fb_act_fn fn;
	void *ctx;
	struct fb_auditor *auditor; /* borrowed */
	int event_fd;
	pthread_mutex_t lock; /* protects what follows */
	pthread_cond_t done;
	uint64_t next_order;
	struct slot slots[SLOTS];
};

int fb_acts_new(fb_act_fn fn, void *ctx, struct fb_auditor *auditor, struct fb_acts **ret_acts)
{
	_cleanup_free_ struct fb_acts *acts = calloc(1, sizeof(*acts));
	pthread_condattr_t attr;

	if (!acts)
		return -ENOMEM;
	acts->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (acts->event_fd < 0)
		return -errno;
	acts->fn = fn;
	acts->ctx = ctx;
	acts->auditor = auditor;
	pthread_mutex_init(&acts->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&acts->done, &attr);
	pthread_condattr_destroy(&attr);
	*ret_acts = TAKE_PTR(acts);
	return 0;
}

void fb_acts_free(struct fb_acts *acts)
{
	if (!acts)
		return;
	for (struct slot *slot = acts->slots; slot < acts->slots + SLOTS; slot++)
		if (slot->state == SLOT_WAITING || slot->state == SLOT_ABANDONED)
			fb_act_drop(&slot->act);
	close(acts->event_fd);
	pthread_cond_destroy(&acts->done);
	pthread_mutex_destroy(&acts->lock);
	free(acts);
}

int fb_acts_fd(const struct fb_acts *acts)
{
	return acts->event_fd;
}

static struct slot *oldest_pending(struct fb_acts *acts)
{
	struct slot *oldest = NULL;

	for (struct slot *slot = acts->slots; slot < acts->slots + SLOTS; slot++) {
		if (slot->state != SLOT_WAITING && slot->state != SLOT_ABANDONED)
			continue;
		if (!oldest || slot->order < oldest->order)
			oldest = slot;
	}
	return oldest;
}

int fb_acts_perform(struct fb_acts *acts, const struct fb_act *act)
{
	char target[FB_ACT_TARGET] = "";
	const int result = acts->fn(acts->ctx, act, target);

	fb_audit_write(acts->auditor, act, target, result);
	return result;
}

void fb_acts_run(struct fb_acts *acts)
{
	uint64_t count;
	struct slot *slot;

	if (read(acts->event_fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&acts->lock);
	while ((slot = oldest_pending(acts))) {
		struct fb_act act = slot->act;
		int result;

		pthread_mutex_unlock(&acts->lock);
		result = fb_acts_perform(acts, &act);
		fb_act_drop(&act);
		pthread_mutex_lock(&acts->lock);

		slot->result = result;
		slot->state = slot->state == SLOT_ABANDONED ? SLOT_FREE : SLOT_DONE;
		pthread_cond_broadcast(&acts->done);
	}
	pthread_mutex_unlock(&acts->lock);
}

/* With the lock held. */
static struct slot *enqueue(struct fb_acts *acts, const struct fb_act *act)
{
	const uint64_t one = 1;

	for (struct slot *slot = acts->slots; slot < acts->slots + SLOTS; slot++) {
		if (slot->state != SLOT_FREE)
			continue;
		*slot = (struct slot){
			.state = SLOT_WAITING, .act = *act, .order = acts->next_order++};
		if (write(acts->event_fd, &one, sizeof(one)) == sizeof(one)) {
			fb_act_hold(act);
			return slot;
		}
		slot->state = SLOT_FREE; /* nobody was woken for it: it must not happen later */
		return NULL;
	}
	return NULL;
}

int fb_acts_request(struct fb_acts *acts, const struct fb_act *act)
{
	const struct timespec until = fb_monotonic_in_ms(WAIT_SECONDS * 1000);
	struct slot *slot;
	int result = 0;

	pthread_mutex_lock(&acts->lock);
	slot = enqueue(acts, act);
	if (!slot) {
		pthread_mutex_unlock(&acts->lock);
		return -EBUSY;
	}
	while (slot->state == SLOT_WAITING && result == 0)
		result = -pthread_cond_timedwait(&acts->done, &acts->lock, &until);
	if (slot->state == SLOT_DONE) {
		result = slot->result;
		slot->state = SLOT_FREE;
	} else {
		slot->state = SLOT_ABANDONED;
	}
	pthread_mutex_unlock(&acts->lock);
	return result;
}
