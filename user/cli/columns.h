/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The columns of a list of flows, chosen from the field table, and the cells that a flat flow
 * object of the API ({"src.ip":..}) has in them: for people, or exact for CSV.
 */
#pragma once

#include <stdbool.h>

#include "cli/text.h"
#include "flow/fields.h"
#include "util/jsontree.h"

struct fb_column {
	const struct fb_field *field;
	bool with_port; /* an address, and the next column is its port: one cell for both */
	bool hidden;	/* ... and this is that port */
};

_Static_assert(FB_FIELD_COUNT <= FB_GRID_COLUMNS, "all fields at once");

struct fb_columns {
	struct fb_column column[FB_GRID_COLUMNS];
	unsigned int n;
	char why[200];
};

/* Look up the comma-separated `names`: 0, or -EINVAL with the sentence in `why`. */
int fb_columns_init(struct fb_columns *columns, const char *names);

/* Make address and port one cell where they stand beside each other. */
void fb_columns_join_ports(struct fb_columns *columns);

/* The fields to ask for, each once: those of the columns and what tables look at besides. */
#define FB_COLUMNS_FIELDS (FB_GRID_COLUMNS + 2)
unsigned int fb_columns_fields(const struct fb_columns *columns,
			       const struct fb_field *ret_fields[static FB_COLUMNS_FIELDS]);

/* Append the cell of `flow`, for people or exact. */
void fb_columns_cell(const struct fb_columns *columns, unsigned int i,
		     const struct fb_jsontree *flow, bool exact, struct fb_buf *cell);

/* Append one value of a field. */
void fb_columns_value(const struct fb_field *field, const struct fb_jsontree *value, bool exact,
		      struct fb_buf *cell);
