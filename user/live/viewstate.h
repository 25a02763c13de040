/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of a view as they were last encoded, cell by cell as JSON text, so that the next tick
 * can tell what changed by comparing bytes. One thread; knows nothing of flows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/json.h"

struct fb_view_cell {
	uint32_t offset, len; /* in `text` */
};

struct fb_view_row {
	struct fb_view_cell id; /* without quotes, JSON-escaped */
	uint64_t number;	/* of a flow: its id */
};

struct fb_view_rows {
	struct fb_buf text;
	struct fb_view_row *rows;
	struct fb_view_cell *cells; /* rows * columns */
	uint32_t n, max;
	unsigned int columns;
};

struct fb_view_state {
	struct fb_view_rows now, before;
};

int fb_view_state_new(struct fb_view_state **ret_state);
void fb_view_state_free(struct fb_view_state *state);

/* Swap: what was now is before, now is empty with room for `max` rows. 0 or -ENOMEM. */
int fb_view_state_turn(struct fb_view_state *state, uint32_t max, unsigned int columns);
/* Undo a turn. */
void fb_view_state_turn_back(struct fb_view_state *state);

/* Begin a row; its id is what `text` has grown by since `from`. */
void fb_view_rows_add(struct fb_view_rows *rows, size_t from, uint64_t number);
/* End a cell of the row that was begun last. */
void fb_view_rows_cell(struct fb_view_rows *rows, unsigned int column, size_t from);

/* "ids":[..],"new":{all} */
void fb_view_state_write_all(const struct fb_view_state *state, struct fb_buf *out);

/* "ids":[..]? "new":{..}? "set":[..]?, each with a comma in front; `ids` whether it may be sent. */
void fb_view_state_write_changes(const struct fb_view_state *state, bool ids, struct fb_buf *out);
