/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf forget and kill --filter, forget --all: how many and which first, then it is done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/opts.h"
#include "util/buf.h"
#include "util/jsontree.h"

struct fb_forget_opts {
	const char *socket, *reason, *filter;
	uint32_t at_most; /* 0: not said */
	bool all, yes, dry_run;
	bool kill; /* end connections, not delete their entries */
};

/* What both verbs take for many. */
#define FB_FORGET_MANY_OPTS                                                                        \
	{.name = "filter",                                                                         \
	 .letter = 'f',                                                                            \
	 .arg = "EXPR",                                                                            \
	 .type = FB_OPT_TEXT,                                                                      \
	 .offset = offsetof(struct fb_forget_opts, filter),                                        \
	 .help = "all live flows that match, instead of one"},                                     \
		{.name = "dry-run",                                                                \
		 .type = FB_OPT_FLAG,                                                              \
		 .offset = offsetof(struct fb_forget_opts, dry_run),                               \
		 .help = "say how many and which, and do nothing"},                                \
		{.name = "yes",                                                                    \
		 .letter = 'y',                                                                    \
		 .type = FB_OPT_FLAG,                                                              \
		 .offset = offsetof(struct fb_forget_opts, yes),                                   \
		 .help = "do not ask, as scripts need it"},                                        \
		{.name = "at-most",                                                                \
		 .arg = "N",                                                                       \
		 .type = FB_OPT_U32,                                                               \
		 .offset = offsetof(struct fb_forget_opts, at_most),                               \
		 .least = 1,                                                                       \
		 .most = UINT32_MAX,                                                               \
		 .help = "do nothing if more flows match"},                                        \
		{.name = "reason",                                                                 \
		 .arg = "TEXT",                                                                    \
		 .type = FB_OPT_TEXT,                                                              \
		 .offset = offsetof(struct fb_forget_opts, reason),                                \
		 .help = "why, for the record: at most 200 bytes"}

/* What was shown before, with who is left alone, and what came of it: lines. */
void fb_forget_write_preview(struct fb_buf *buf, const struct fb_jsontree *seen, bool kill);
void fb_forget_write_end(struct fb_buf *buf, const struct fb_jsontree *state, bool kill);

/* FB_EXIT_USAGE, with the user told, if options of many stand beside an ID, or a reason is long. */
int fb_forget_check(const struct fb_forget_opts *opts, unsigned int n);

/* Each returns enum fb_exit, and has told what went wrong. */
int fb_forget_matching(const struct fb_forget_opts *opts);
int fb_forget_all(const struct fb_forget_opts *opts);
