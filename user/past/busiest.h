/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each host moved in one tick, and the busiest of them. The room is kept from tick to tick, so
 * that a tick of many hosts asks for no memory. One thread.
 */
#pragma once

#include "flow/snapshot.h"
#include "util/index.h"

struct fb_busiest_host {
	uint8_t addr[16], family;
	uint32_t row;	  /* a record of it */
	int64_t bytes[2]; /* that moved, by enum fb_dir */
};

struct fb_busiest {
	struct fb_busiest_host *host;
	uint32_t n, size;
	struct fb_index index;
};

/* 0 or -ENOMEM. */
int fb_busiest_init(struct fb_busiest *busy);
void fb_busiest_fini(struct fb_busiest *busy);

/* Forget all hosts, and room that was far too large. */
void fb_busiest_clear(struct fb_busiest *busy);
/* Add what this flow of the client `src` moves; the record is number `row`. 0 or -ENOMEM. */
int fb_busiest_add(struct fb_busiest *busy, const struct fb_flow_at *at, uint32_t row);
/* NULL: it moved nothing. */
const struct fb_busiest_host *fb_busiest_find(const struct fb_busiest *busy,
					      const uint8_t addr[static 16], uint8_t family);
/* The `max` busiest, most first; returns how many there are. */
unsigned int fb_busiest_top(const struct fb_busiest *busy, const struct fb_busiest_host **top,
			    unsigned int max);
