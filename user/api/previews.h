/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acts that were shown and may be done, each by a token: the very flows that were shown, for a
 * minute, once, by who saw them. Bounded by number and by flows; who holds most makes room. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/act.h"

#define FB_PREVIEWS	   64
#define FB_PREVIEW_SECONDS 60
#define FB_PREVIEWS_FLOWS  (4u << 20) /* in all of them: 32 MB */
#define FB_PREVIEW_TOKEN   33

#define FB_PREVIEWS_COUNTERS(X)                                                                    \
	X(shown, "acts that were shown before they are done")                                      \
	X(done, "... and then done")                                                               \
	X(evicted, "... and not done: they made room for others, within their minute")

struct fb_previews_counters {
#define X(name, help) uint64_t name;
	FB_PREVIEWS_COUNTERS(X)
#undef X
};

struct fb_previews;

struct fb_previews *fb_previews_new(void);
void fb_previews_free(struct fb_previews *previews);

/*
 * Keep `act` for `who`, with a reference to what it holds: its token. 0; -EOVERFLOW: it is of more
 * flows than may be kept; -errno.
 */
int fb_previews_keep(struct fb_previews *previews, uint64_t who, const struct fb_act *act,
		     uint64_t now_ns, char ret_token[static FB_PREVIEW_TOKEN]);

/*
 * It is done now: the act, with its reference; a switch of automation, or (`automates` false) any
 * other. -ENOENT: used, too old, another's, or of the other sort.
 */
int fb_previews_take(struct fb_previews *previews, uint64_t who, const char *token, uint64_t now_ns,
		     bool automates, struct fb_act *ret_act);

void fb_previews_counters(struct fb_previews *previews, struct fb_previews_counters *ret_counters);
