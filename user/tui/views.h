/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be looked at: a view has faces, of which one is shown (what flows are grouped by); a
 * face is a question to the API and the columns of its answer. All of it is a table, and nothing
 * else knows a view by name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_cell_kind {
	FB_CELL_TEXT,
	FB_CELL_NAME, /* what a row is called */
	FB_CELL_KEY,  /* ... of a group, which may be of what is not known */
	FB_CELL_DIM,
	FB_CELL_END, /* an address and, if there is one, its port */
	FB_CELL_COUNT,
	FB_CELL_BYTES_UP,
	FB_CELL_BYTES_DOWN,
	FB_CELL_RATE_UP,
	FB_CELL_RATE_DOWN,
	FB_CELL_DURATION, /* ms */
	FB_CELL_MS,	  /* ms, with a decimal */
	FB_CELL_SHARE,
	FB_CELL_RISK,
	FB_CELL_SEVERITY,
	FB_CELL_LIST,
	FB_CELL_CLOCK, /* the time of day of a moment */
	FB_CELL_LINK,  /* of an interface: up, no carrier, down */
	FB_CELL_SPARK, /* numbers as bars */
};

struct fb_view_column {
	const char *title;
	const char *path;   /* of the value in an item */
	const char *beside; /* of an end: that of its port; else NULL */
	bool sorts;	    /* rows can be sorted by it */
	enum fb_cell_kind kind;
	uint8_t least; /* it may be cut down to so many columns; 0: never */
	uint8_t usual; /* so wide at least, so that the table stands still */
	uint8_t wish;  /* others are left out before it is cut below this; 0: least */
	uint8_t rank;  /* left out on a narrow terminal, the highest first; 0: never */
};

struct fb_view_face {
	const char *label;    /* what the rows are: "connections", "by client" */
	const char *title;    /* of the first column; NULL: its own */
	const char *path;     /* of the API */
	const char *group_by; /* NULL: none */
	const char *key;      /* of an item: the same in each answer */
	bool of_flows;	      /* the API filters, sorts and chooses fields */
	const struct fb_view_column *columns;
	uint8_t n_columns;
	uint8_t sort; /* by which column, largest first; FB_VIEW_RATE: by both rates */
	const char *empty;
};

struct fb_view {
	const char *title;
	const struct fb_view_face *faces;
	uint8_t n_faces;
};

#define FB_VIEWS	6
#define FB_VIEW_COLUMNS 24 /* of a face, at most */
#define FB_VIEW_RATE	UINT8_MAX
#define FB_VIEW_FLOWS	0 /* its first face shows flows: groups are opened there */

extern const struct fb_view fb_views[FB_VIEWS];

/* The next column that rows can be sorted by, from `from` (or none) on in steps of `step`: 1 or -1.
 */
unsigned int fb_view_next_sort(const struct fb_view_face *face, unsigned int from, int step);
