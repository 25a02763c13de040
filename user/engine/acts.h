/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door for acts. Callers of any thread hand an act to the engine's thread, which performs
 * it, writes its audit record and wakes the caller. The queue is bounded: when it is full the
 * caller is told so (-EBUSY) and nothing happens.
 */
#pragma once

#include "engine/act.h"

struct fb_acts;
struct fb_auditor;

/*
 * Perform the act, in the thread that calls fb_acts_run; say in `target` whom or what it is about.
 * 0 or more: done, -errno.
 */
typedef int (*fb_act_fn)(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET]);

/* `auditor`: has the record of acts, borrowed; NULL: the log alone has it. */
int fb_acts_new(fb_act_fn fn, void *ctx, struct fb_auditor *auditor, struct fb_acts **ret_acts);
void fb_acts_free(struct fb_acts *acts);

/* Readable when requests wait; then call fb_acts_run. */
int fb_acts_fd(const struct fb_acts *acts);
void fb_acts_run(struct fb_acts *acts);

/* From any other thread: perform `act`, wait at most 5 s; its result, -EBUSY or -ETIMEDOUT. */
int fb_acts_request(struct fb_acts *acts, const struct fb_act *act);

/* In the engine's thread: perform and record `act` at once; its result. */
int fb_acts_perform(struct fb_acts *acts, const struct fb_act *act);
