/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each host moved in one tick, and the busiest of them. The room is kept from tick to tick, so
 * that a tick of many hosts asks for no memory. One thread.
 */
#pragma once

#include "flow/snapshot.h"
#include "util/index.h"

struct fb_busy_host {
	uint8_t addr[16], family;
	uint32_t row;	  /* a record of it */
	int64_t bytes[2]; /* that moved, by enum fb_dir */
};

struct fb_busy {
	struct fb_busy_host *host;
	uint32_t n, size;
	struct fb_index index;
};

/* 0 or -ENOMEM. */
int fb_busy_init(struct fb_busy *busy);
void fb_busy_fini(struct fb_busy *busy);

/* Forget all hosts, and room that was far too large. */
void fb_busy_clear(struct fb_busy *busy);
/* Add what this flow of the client `src` moves; the record is number `row`. 0 or -ENOMEM. */
int fb_busy_add(struct fb_busy *busy, const struct fb_flow_at *at, uint32_t row);
/* NULL: it moved nothing. */
const struct fb_busy_host *fb_busy_find(const struct fb_busy *busy, const uint8_t addr[static 16],
					uint8_t family);
/* The `max` busiest, most first; returns how many there are. */
unsigned int fb_busy_top(const struct fb_busy *busy, const struct fb_busy_host **top,
			 unsigned int max);
