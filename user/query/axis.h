/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One side of a matrix, one column of paths: the biggest values of a field have a place each, in
 * their order; all others share the last one.
 */
#pragma once

#include "query/addrs.h"
#include "query/query.h"
#include "query/values.h"

#define FB_AXIS_MAX   FB_MATRIX_SIDE

#define FB_AXIS_SLOTS 1024 /* few of which have an address, so most others end with the first */

struct fb_axis {
	struct fb_values values;
	uint32_t *value_of; /* by the number of a matching flow; of IPv4 addresses, their words */
	uint8_t *place_of;  /* by value */
	uint32_t item[FB_AXIS_MAX]; /* by place */
	unsigned int n;		    /* values that have a place of their own */
	bool more;		    /* there are others */

	/* Of src.ip and dst.ip: */
	struct fb_addrs addrs;
	bool by_addr;
	uint8_t slot[FB_AXIS_SLOTS]; /* 1 + the place of an address; 0: empty */
	uint32_t word[FB_AXIS_MAX];  /* by place */
};

/* The flows that a matrix or paths are about, and an axis for each of their fields. */
struct fb_crossing {
	const struct fb_snapshot *snapshot;
	const struct fb_field *field[FB_SANKEY_DIMS];
	struct fb_axis axis[FB_SANKEY_DIMS];
	unsigned int n_axes;
	uint64_t *weight; /* by matching flow: what it adds to where it belongs */
	bool *is_ipv4;	  /* by matching flow, where an axis is by address; NULL */
	uint32_t n;	  /* matching flows */
};

/*
 * In one pass over the snapshot, for memory is what it waits for; each axis has at most `max`
 * places, the last one among them. 0 or -ENOMEM; fini after both.
 */
int fb_crossing_init(struct fb_crossing *crossing, const struct fb_snapshot *snapshot,
		     const struct fb_cross *cross, unsigned int max);
void fb_crossing_fini(struct fb_crossing *crossing);

static inline unsigned int fb_axis_addr_place(const struct fb_axis *axis, uint32_t word)
{
	uint32_t i = word % FB_AXIS_SLOTS;

	while (axis->slot[i] && axis->word[axis->slot[i] - 1] != word)
		i = (i + 1) % FB_AXIS_SLOTS;
	return axis->slot[i] ? axis->slot[i] - 1u : axis->n;
}

/* The places of what matching flows have, `n` of them from the i-th on. */
static inline void fb_axis_places(const struct fb_crossing *crossing, unsigned int d, uint32_t i,
				  uint32_t n, uint8_t *ret_place)
{
	const struct fb_axis *axis = &crossing->axis[d];
	const uint32_t *value_of = axis->value_of + i;

	for (uint32_t k = 0; k < n; k++)
		ret_place[k] = axis->by_addr && crossing->is_ipv4[i + k]
				       ? (uint8_t)fb_axis_addr_place(axis, value_of[k])
				       : axis->place_of[value_of[k]];
}

/* The text of a place's value, cut to `size`; "" where it is not known. */
void fb_axis_text(const struct fb_axis *axis, unsigned int place, char *text, size_t size);

/* The address of a place; false: it is none, or not known. */
bool fb_axis_addr(const struct fb_axis *axis, unsigned int place, struct fb_value *ret_value);
