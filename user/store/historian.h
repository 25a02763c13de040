/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who writes the history: rows of flows that ended and of those that live on, their sums over time,
 * windows, the log. Used by one thread, but for fb_historian_state. Each tick is written whole
 * before the next; what the disk does not take is undone and tried again.
 */
#pragma once

#include <stdint.h>

#include "flow/snapshot.h"
#include "store/erasure.h"
#include "store/historylog.h"
#include "store/historystate.h"
#include "util/why.h"

struct fb_historian;

/*
 * `folder` is borrowed; `goes_on`: counts outlive us (--pin), so the last run may have told some of
 * them. 0 or -ENOMEM; nothing is opened yet.
 */
int fb_historian_new(const char *folder, const struct fb_history_limits *limits, bool goes_on,
		     struct fb_historian **ret_historian);
/* NULL is fine. What is written ends here. */
void fb_historian_free(struct fb_historian *historian);

/*
 * As fb_historyfile_open; and the last windows that are kept, at most `max` of them: *ret_n. Before
 * its thread begins.
 */
int fb_historian_open(struct fb_historian *historian, struct fb_window *windows, unsigned int max,
		      unsigned int *ret_n, struct fb_why *why);

/*
 * Write a tick, and these lines of the log. -EAGAIN: the disk does not take it, nothing of what is
 * left to do is lost: call again with the same. -errno: the tick is lost.
 */
int fb_historian_tick(struct fb_historian *historian, struct fb_snapshot *snapshot,
		      const struct fb_history_event *events, unsigned int n_events);
/* 0, -EAGAIN or -errno, as above. */
int fb_historian_window(struct fb_historian *historian, const struct fb_window *window);
/* There is no other tick: flows that live are written as they are in the last one. */
void fb_historian_flush(struct fb_historian *historian);

/* --- any thread ------------------------------------------------------------------------------- */

/*
 * One's traces go by and by (store/erasure.h), or are counted: between ticks, from the one on that
 * has this time of the flows' clock. -EBUSY: another one goes; -ENOMEM.
 */
int fb_historian_erase(struct fb_historian *historian, const struct fb_person *who, bool dry_run,
		       uint64_t from_ns);
/* How many of the last one so far; true: it goes on. */
bool fb_historian_erased(struct fb_historian *historian, struct fb_erased *ret_counts);

/* That many ends, lines, were not handed over, for there was no room or no time. */
void fb_historian_lost(struct fb_historian *historian, uint64_t ends, uint64_t events);
void fb_historian_state(struct fb_historian *historian, struct fb_historian_state *ret_state);
