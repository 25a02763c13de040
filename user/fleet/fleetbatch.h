/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of one table on their way to a spool: a batch is closed after so many rows or so long, and
 * at midnight, for a server keeps days apart: what is inserted in one piece is there as a whole, or
 * not at all. A line of its columns, then the rows by gzip. One thread.
 */
#pragma once

#include <zlib.h>

#include "fleet/diskspool.h"
#include "fleet/fleetcolumns.h"

#define FB_FLEETBATCH_ROWS 50000
#define FB_FLEETBATCH_FEW  5000 /* where each row is a message, all of which wait in memory */
#define FB_FLEETBATCH_MS   5000

struct fb_fleetbatch {
	struct fb_batch head; /* no rows: none is open */
	uint64_t raw;	      /* bytes of rows */
	uint64_t most;	      /* rows */
	struct fb_buf out;
	z_stream z;
	bool up, failed;
	uint64_t opened_ms; /* CLOCK_MONOTONIC */
};

/* 0 or -ENOMEM. */
int fb_fleetbatch_init(struct fb_fleetbatch *batch, enum fb_fleet_table table, uint64_t rows);
/* A zeroed one is fine. */
void fb_fleetbatch_fini(struct fb_fleetbatch *batch);

/* The number of the batch that a row of this time belongs to; what is open may be closed first. */
uint64_t fb_fleetbatch_begin(struct fb_fleetbatch *batch, struct fb_diskspool *spool,
			     uint64_t wall_ms);
void fb_fleetbatch_add(struct fb_fleetbatch *batch, struct fb_buf *row, uint64_t packets,
		       uint64_t bytes);
/* Close it, if that is due, or `now`. */
void fb_fleetbatch_close(struct fb_fleetbatch *batch, struct fb_diskspool *spool, bool now);

/* The rows of what was closed. 0, -EBADMSG: it is torn, or -ENOMEM. Any thread. */
int fb_fleetbatch_read(const struct fb_buf *data, struct fb_buf *rows);
