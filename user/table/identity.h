/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of one 5-tuple on different lanes: one connection that crosses this host, or equal addresses
 * of networks that have nothing to do with each other? Pure functions of what the rows show.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/facts.h"
#include "table/wiring.h"

#define FB_SIGHTS_MAX 16 /* rows of one tuple that are looked at together */

/* What one row shows of where its connection passed. */
struct fb_sight {
	struct fb_where lane;
	uint8_t seen; /* bits 1 << (2 * direction of fb_key + hook) */
	bool by_syn;  /* `isn` is known */
	uint32_t isn; /* of the opener's SYN */
	uint64_t first_seen;
};

struct fb_host {
	const struct fb_wiring *wiring;
	/* Of either end: this host has that address, on one interface only. */
	bool is_end;
	/* Conntrack has the tuple, in one zone only. */
	bool tracked_once;
};

/* Of two rows: +1 surely one connection, 0 two halves of one that complete each other, -1 two. */
int fb_identity_of(const struct fb_host *host, const struct fb_tuple *tuple,
		   const struct fb_sight *a, const struct fb_sight *b);

/*
 * Which rows are one: `group[i]` is the index of the first row (by first_seen, then lane) of the
 * group that row i is in. Does not depend on the order of the rows.
 */
void fb_identity_group(const struct fb_host *host, const struct fb_tuple *tuple,
		       const struct fb_sight *sights, unsigned int n,
		       uint8_t group[static FB_SIGHTS_MAX]);
