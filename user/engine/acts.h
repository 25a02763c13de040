/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door for acts: callers of any thread hand a request to the engine's thread, which
 * performs it, logs who asked for what, and wakes the caller. The queue is bounded: when it is full
 * the caller is told so (-EBUSY) and nothing happens.
 */
#pragma once

#include <stdint.h>

enum fb_act_kind {
	FB_ACT_FORGET, /* delete the conntrack entry of one flow */
	FB_ACT_FLUSH,  /* flush the conntrack table */
};

struct fb_act {
	enum fb_act_kind kind;
	uint64_t flow_id; /* FB_ACT_FORGET */
};

struct fb_acts;

typedef int (*fb_act_fn)(void *ctx, const struct fb_act *act);

/* `fn` performs an act, in the thread that calls fb_acts_run. */
int fb_acts_new(fb_act_fn fn, void *ctx, struct fb_acts **ret_acts);
void fb_acts_free(struct fb_acts *acts);

/* Readable when requests wait; then call fb_acts_run. */
int fb_acts_fd(const struct fb_acts *acts);
void fb_acts_run(struct fb_acts *acts);

/* From any other thread: perform `act`, wait at most 5 s; its result, -EBUSY or -ETIMEDOUT. */
int fb_acts_request(struct fb_acts *acts, const struct fb_act *act);
