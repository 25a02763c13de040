/* SPDX-License-Identifier: BSD-2-Clause */
/* All of one row, as lines of a label and a value; a label without a value is a title. */
#pragma once

#include "cli/text.h"
#include "util/jsontree.h"

/* Two columns, no header. */
void fb_pane_begin(struct fb_grid *grid);

/* The API's object of a flow, by its sections; what is not known is left out. */
void fb_pane_add_flow(struct fb_grid *grid, const struct fb_jsontree *flow);

/* Any other item: its members, those of objects by their paths. */
void fb_pane_add_item(struct fb_grid *grid, const struct fb_jsontree *item);
