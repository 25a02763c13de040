/* SPDX-License-Identifier: BSD-2-Clause */
/* Items of an answer as cells of a table: numbers in people's units, what strangers chose inert. */
#pragma once

#include "cli/text.h"
#include "tui/views.h"
#include "util/buf.h"
#include "util/jsontree.h"

struct fb_cells_how {
	bool bytes; /* rates in bytes a second, else in bits */
};

/* The columns of a face. */
void fb_cells_begin(struct fb_grid *grid, const struct fb_view_face *face);

/* A row. */
void fb_cells_add(struct fb_grid *grid, const struct fb_view_face *face,
		  const struct fb_jsontree *item, struct fb_cells_how how);

/* Bits a second, for people. */
void fb_cells_rate(struct fb_buf *buf, double bits, struct fb_cells_how how);

/* The last `most` numbers as bars against the highest. */
void fb_cells_spark(struct fb_buf *buf, const double *values, size_t n, size_t most);
