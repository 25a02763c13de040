/* SPDX-License-Identifier: BSD-2-Clause */
/* The flows that an act on many is about: which match, and what can be done to which. */
#pragma once

#include "api/params.h"
#include "engine/act.h"
#include "engine/forget_list.h"
#include "policy/never.h"
#include "util/json.h"

#define FB_FLOWSET_SAMPLE 10 /* flows that are shown before */

/* Why a flow is left alone, besides enum fb_never. */
enum fb_left_out {
	FB_LEFT_NO_ENTRY = FB_NEVER_COUNT, /* to be forgotten, it has no conntrack entry */
	FB_LEFT_UNSEEN, /* to be ended, no packet of it passed an interface that is attached */
	FB_LEFT_ENDED,
	FB_LEFT_COUNT,
};

struct fb_flowset {
	enum fb_act_kind kind; /* FB_ACT_FORGET_MANY or FB_ACT_KILL_MANY */
	struct fb_params spec;
	struct fb_never_facts never; /* for FB_ACT_KILL_MANY */
	uint64_t matched;
	uint32_t entries; /* flows that it is about: the rest is left out, by why: */
	uint64_t left_out[FB_LEFT_COUNT];
};

/* Set all numbers. */
void fb_flowset_count(struct fb_flowset *set, const struct fb_snapshot *snapshot);
/* Those that it is about as a list, of the snapshot that was counted. NULL: memory is short. */
struct fb_forget *fb_flowset_list(const struct fb_flowset *set, const struct fb_snapshot *snapshot);
/* Which, for people: `flows that match "..." in the scope ...`. 0 or -ENOMEM. */
int fb_flowset_say(const struct fb_flowset *set, char about[static FB_ACT_TARGET]);

/* The member "left_out". */
void fb_flowset_write_left_out(struct fb_json *json, const struct fb_flowset *set);

/* The member "sample", and if `totals` hosts, bytes and rate_bps of all. 0 or -ENOMEM. */
int fb_flowset_write_sample(struct fb_flowset *set, struct fb_snapshot *snapshot, bool totals,
			    struct fb_json *json);

/* The members that tell how far a deletion is; `forget` NULL: it was only counted. */
void fb_flowset_write_counts(struct fb_json *json, uint64_t matched, uint32_t entries,
			     const struct fb_forget *forget);
