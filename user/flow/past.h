/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow as history has it: cells of those columns that were asked for, coded as store/columns.h
 * says. fb_field_get reads one where fb_flow_at.past is set, so that whoever writes flows down
 * writes those of the past; what it does not have is not known. Immutable: any thread.
 */
#pragma once

#include "flow/fields.h"

enum fb_past_kind { FB_PAST_NONE, FB_PAST_NUMBER, FB_PAST_TEXT, FB_PAST_ADDR };

struct fb_past_cell {
	uint8_t kind; /* enum fb_past_kind */
	union {
		int64_t num;
		const char *text;    /* with its NUL; a list's has a mark around each item */
		const uint8_t *addr; /* 16 bytes of IPv6; IPv4 is a number */
	};
};

struct fb_past_columns {
	unsigned int n;
	uint8_t slot[FB_FIELD_COUNT]; /* 1 + the cell's number; 0: it was not asked for */
};

_Static_assert(FB_FIELD_COUNT < UINT8_MAX, "a slot is a byte");

struct fb_past_row {
	const struct fb_past_columns *columns;
	uint32_t flows; /* that it stands for: those that differ in no cell count as one record */
	struct fb_past_cell cell[];
};

static inline size_t fb_past_row_size(unsigned int n_cells)
{
	return sizeof(struct fb_past_row) + n_cells * sizeof(struct fb_past_cell);
}

/* How many flows a record is; one of a live snapshot is itself. */
static inline uint64_t fb_flow_at_flows(const struct fb_flow_at *at)
{
	return at->past ? at->past->flows : 1;
}

/* One cell as its field's value. */
void fb_past_value(const struct fb_field *field, const struct fb_past_cell *cell,
		   struct fb_value *ret_value);

/*
 * What queries read of the record itself, from the cells that are there: ends, ports, protocol,
 * state, scope, times, counts. `part`: it had not ended when the row was written. Texts are not
 * copied.
 */
void fb_past_fill(const struct fb_past_row *row, bool part, struct fb_flow *ret_flow,
		  struct fb_traffic *ret_traffic);
