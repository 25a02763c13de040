/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge keeps over a restart: STATE/judge.state (policy/blob.h), written soon after a
 * change, every five minutes at most, and at the end. Used by the engine's thread.
 */
#pragma once

#include "policy/baseline.h"
#include "policy/teachings.h"

struct fb_judgestate;

/* What is kept: the caller's, and as long as the state. */
struct fb_judgestate_of {
	struct fb_teachings *teachings; /* what it was taught */
	struct fb_baseline *baseline;	/* what is usual of hosts here: it changes by itself */
};

/* Read what is there; what cannot be read stays beside it. `folder` -1: nothing is kept,
 * *ret_state is NULL. 0 or -ENOMEM. */
int fb_judgestate_open(int folder, const struct fb_judgestate_of *of,
		       struct fb_judgestate **ret_state);
/* NULL is fine, as for those that follow. */
void fb_judgestate_close(struct fb_judgestate *state);
/* Somebody taught it: that is written by the next tick, and what it learns by itself every 5
 * minutes. */
void fb_judgestate_changed(struct fb_judgestate *state);
void fb_judgestate_tick(struct fb_judgestate *state);
