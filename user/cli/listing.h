/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow objects on their way to stdout: as a table with columns, as CSV, or as JSON lines.
 * Whatever a stranger chose in them is inert.
 */
#pragma once

#include "cli/columns.h"
#include "cli/text.h"

/* By weight: on a narrow terminal a table lacks the last ones. */
#define FB_LISTING_TABLE                                                                           \
	"src,dst,dst.host,rate_bps.up,rate_bps.down,service,bytes.up,bytes.down,state,proto,"      \
	"duration_ms"
#define FB_LISTING_PAST                                                                            \
	"last_seen,src,dst,dst.host,bytes.up,bytes.down,service,proto,duration_ms,closed"
#define FB_LISTING_NARROW	  "src,dst,dst.host,rate_bps,service,bytes"
#define FB_LISTING_NARROW_COLUMNS 100 /* below */
#define FB_LISTING_REPLAY                                                                          \
	"src,dst,dst.host,bytes.up,bytes.down,service,packets.up,packets.down,proto,duration_ms"
#define FB_LISTING_CSV                                                                             \
	"id,proto,src.ip,src.port,src.host,dst.ip,dst.port,dst.host,service,state,closed,iface,"   \
	"bytes.up,bytes.down,packets.up,packets.down,duration_ms,first_seen,last_seen,nat.src,"    \
	"nat.dst"

enum fb_listing_kind {
	FB_LISTING_GRID,
	FB_LISTING_LINES, /* JSON */
	FB_LISTING_VALUES /* CSV */
};

struct fb_listing {
	enum fb_listing_kind kind;
	bool clear; /* a table: a terminal's screen is emptied before */
	struct fb_columns columns;
	struct fb_grid grid;
	uint64_t shown;
};

/* Zero the struct, set `kind` and `clear`. 0, or -EINVAL for unknown fields: columns.why. */
int fb_listing_begin(struct fb_listing *listing, const char *fields);

/*
 * One flow: for lines the API's object, else a flat one with fb_columns_fields. Lines and values
 * are printed at once, a table at its end.
 */
void fb_listing_add(struct fb_listing *listing, const struct fb_jsontree *flow);

/* One flow as a line, its object as it was written. */
void fb_listing_line(struct fb_listing *listing, const char *text, size_t len);

/* 0, -ENOMEM or -EIO. Which columns a table had no room for stands on stderr. */
int fb_listing_end(struct fb_listing *listing);

void fb_listing_fini(struct fb_listing *listing);

#define _cleanup_listing_ __attribute__((__cleanup__(fb_listing_fini)))
