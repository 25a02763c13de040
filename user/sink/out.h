/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One output of an exporter: messages wait in a spool while the wire is away, and go out in their
 * order. Who hands them over never waits long. One thread; the counters are for all.
 */
#pragma once

#include "sink/export.h"
#include "sink/spool.h"
#include "sink/wire.h"
#include "util/buf.h"

#define FB_OUT_SPOOL (16u << 20) /* bytes that wait at most */

struct fb_out {
	struct fb_wire wire;
	struct fb_spool spool;
	struct fb_export_counters counters;
	size_t sent;	/* of the first message */
	uint64_t bytes; /* of all that were sent */
	uint64_t retry_ns, wait_ns;
	uint64_t rotate_ns; /* not before this is it tried again */
	atomic_bool reopen; /* the file was moved away: SIGHUP */
	/* What goes out first on a new connection: written to `to`. NULL: nothing. */
	void (*greet)(void *ctx, const char *first, size_t len, struct fb_buf *to);
	void *greet_ctx;
	struct fb_buf greeting;
	size_t greeted;
};

/* Its wire is set. 0 or -ENOMEM. */
int fb_out_init(struct fb_out *out);
void fb_out_fini(struct fb_out *out);

/* Take a message with so many records; false: without room they are dropped and counted. */
bool fb_out_add(struct fb_out *out, const void *data, size_t len, uint32_t records);

/* So many could not be written down: memory is short. */
void fb_out_lose(struct fb_out *out, uint32_t records);

/* Send what waits, for at most so long. */
void fb_out_pump(struct fb_out *out, unsigned int ms);
