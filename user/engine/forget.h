/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletions of many conntrack entries: those of the flows of a list, or all that use an address;
 * and ends of many connections, which take their turn with them.
 * They stand in line and are worked off in slices between what else wakes the engine's thread, so
 * that no tick is late for them. Bounded: FB_FORGETS_MAX in line or ended and still told of.
 */
#pragma once

#include <pthread.h>

#include "engine/ctfeed.h"
#include "engine/forget_list.h"

#define FB_FORGETS_MAX 16

struct fb_auditor;

struct fb_forgets {
	struct fb_ctfeed *feed;	    /* borrowed */
	struct fb_auditor *auditor; /* borrowed; may be NULL */
	int (*kill)(void *ctx, uint64_t flow_id, const struct fb_actor *actor); /* fb_killed */
	void *kill_ctx;
	int event_fd;
	uint32_t taken;
	pthread_mutex_t lock;			/* protects the list against fb_forgets_list */
	struct fb_forget *list[FB_FORGETS_MAX]; /* number N at N % FB_FORGETS_MAX; NULL: none */
};

/* 0 or -errno. */
int fb_forgets_init(struct fb_forgets *forgets, struct fb_ctfeed *feed, struct fb_auditor *auditor);
/* Fine for a struct that was never set up and is zeroed. */
void fb_forgets_fini(struct fb_forgets *forgets);

/* Readable while there is work; then call fb_forgets_run. */
int fb_forgets_fd(const struct fb_forgets *forgets);
void fb_forgets_run(struct fb_forgets *forgets);

/*
 * Take the list of FB_ACT_FORGET_MANY or _KILL_MANY and begin with it: how many it deleted,
 * -EINPROGRESS if there is more to do, -EBUSY if too many are in line, -EOPNOTSUPP without
 * conntrack.
 */
int fb_forgets_take(struct fb_forgets *forgets, const struct fb_act *act);

/* Is there no room in line for another one? */
bool fb_forgets_is_full(const struct fb_forgets *forgets);

/* From any thread: references to those in line and the last ones that ended, newest first. */
unsigned int fb_forgets_list(struct fb_forgets *forgets,
			     struct fb_forget *ret_list[static FB_FORGETS_MAX]);
