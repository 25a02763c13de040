/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows on their way back to the kernel half. A row leaves the index in the tick that gives it up;
 * packets that were in flight then still count in it, so its final counters are read one tick
 * later, and only then is the slot cleared and given back. No byte is lost and none counts twice.
 * Each step is a system call for many rows; what can wait for the time between two ticks does.
 */
#pragma once

#include <stdint.h>

#include "kernel/rowmap.h"

struct fb_reclaim {
	struct fb_rowmap *rows; /* borrowed */
	uint32_t *leaving;	/* [rows->max]; in the order of their leaving */
	uint32_t n_leaving;	/* all that wait; ... */
	uint32_t n_unlinked;	/* ... of these, out of the index; ... */
	uint32_t n_settled;	/* ... since a whole tick; ... */
	uint32_t n_told;	/* ... their last word told, but not given back yet */
	int failed;		/* what the kernel half said; 0: nothing since the last tick */
};

/* The last word of a row, before it is cleared. */
typedef void (*fb_reclaim_fn)(void *ctx, uint32_t slot, const struct fb_row *row);

int fb_reclaim_init(struct fb_reclaim *reclaim, struct fb_rowmap *rows);
void fb_reclaim_fini(struct fb_reclaim *reclaim);

/* The row leaves, unless another flow has it by now. */
void fb_reclaim_add(struct fb_reclaim *reclaim, uint32_t slot, uint32_t generation);

/* Once a tick: tell the final rows by `fn`, each once. */
void fb_reclaim_tick(struct fb_reclaim *reclaim, fb_reclaim_fn fn, void *ctx);

/*
 * A piece of what was added and told, a millisecond at most: take rows out of the index, then clear
 * them and give their slots back. 1: there is more; 0: there is none; -errno: it is tried again
 * after the next tick.
 */
int fb_reclaim_work(struct fb_reclaim *reclaim);
