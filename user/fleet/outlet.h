/* SPDX-License-Identifier: BSD-2-Clause */
/* Where batches of a spool go: to ClickHouse itself, or to brokers before it. One thread. */
#pragma once

#include "fleet/diskspool.h"

enum fb_outlet_end {
	FB_OUTLET_TAKEN,
	FB_OUTLET_REFUSED, /* so it would be any other time */
	FB_OUTLET_NOT_NOW, /* nothing of it was taken for good: the same batch comes again */
	FB_OUTLET_UNSURE,  /* nobody knows: it may have been taken, or is yet to be */
};

struct fb_outlet {
	void *ctx;
	/* Blocks for a while. `data` is as fleetbatch.h has it; a sentence unless it is taken. */
	enum fb_outlet_end (*deliver)(void *ctx, const struct fb_batch *batch,
				      const struct fb_buf *data, struct fb_why *why);
	/* So many servers are tried in turn. */
	unsigned int (*n)(const void *ctx);
	void (*next)(void *ctx);
};
