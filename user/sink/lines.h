/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows as lines to one output, EVE or our own object: each when it ended, once more where
 * stragglers came after that, and what is live when we end. A thread of its own.
 */
#pragma once

#include "flow/consumer.h"
#include "sink/eve.h"
#include "sink/out.h"

enum fb_lines_format {
	FB_LINES_EVE,
	FB_LINES_NDJSON, /* the API's flow object; the last line of an id has all of it */
};

struct fb_lines_opts {
	enum fb_lines_format format;
	/* FILE, unix:PATH, syslog, syslog-udp:HOST:PORT, syslog-tcp:HOST:PORT */
	const char *target;
	uint64_t rotate; /* bytes of a file; 0: it is not rotated */
	unsigned int keep;
	bool give; /* files are given to this user */
	uid_t uid;
	gid_t gid;
	/* For the event `stats`; any thread. NULL: there is none. */
	void (*totals)(void *ctx, struct fb_sink_totals *ret_totals);
	void *totals_ctx;
};

struct fb_lines;

/* -EINVAL with a sentence: the target is none. */
int fb_lines_new(const struct fb_lines_opts *opts, struct fb_lines **ret_lines, struct fb_why *why);
/* NULL is fine. */
void fb_lines_free(struct fb_lines *lines);

/* Feeds one, its context. A file that cannot be opened ends the start; a peer may be away. */
extern const struct fb_consumer_ops fb_lines_consumer;

/* Open the file anew, for somebody moved it away. Any thread. */
void fb_lines_reopen(struct fb_lines *lines);

const struct fb_export_counters *fb_lines_counters(const struct fb_lines *lines);
