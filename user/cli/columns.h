/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The columns of a list of flows, chosen from the daemon's field table (GET /api/v1/fields), and
 * the cells that a flow object of the API has in them: for people, or exact for CSV.
 */
#pragma once

#include <stdbool.h>

#include "cli/doc.h"
#include "cli/http.h"
#include "cli/text.h"

enum fb_column_kind {
	FB_COLUMN_TEXT,
	FB_COLUMN_COUNT,
	FB_COLUMN_BYTES,
	FB_COLUMN_RATE,
	FB_COLUMN_MS,
	FB_COLUMN_SECONDS,
};

struct fb_column {
	char name[32], label[32];
	enum fb_column_kind kind;
	bool right;
	bool with_port; /* an address, and the next column is its port: one cell for both */
	bool hidden;	/* ... and this is that port */
};

struct fb_columns {
	struct fb_column column[FB_TABLE_COLUMNS];
	unsigned int n;
	char why[200];
};

/*
 * Look up the comma-separated `names`, with the field table of the daemon behind `http`. 0, -EINVAL
 * for names that are no fields, other -errno; `why` is set.
 */
int fb_columns_init(struct fb_columns *columns, struct fb_http *http, const char *names);

/* Make address and port one cell where they stand beside each other. */
void fb_columns_join_ports(struct fb_columns *columns);

/* Append the cell of `flow`, for people or exact. */
void fb_columns_cell(const struct fb_columns *columns, unsigned int i, const struct fb_doc *doc,
		     uint32_t flow, bool exact, struct fb_buf *cell);
