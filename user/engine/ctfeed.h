/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conntrack to the flow table: the first dump, events, resyncs after overruns, and the deletion of
 * entries. Where conntrack cannot be had, everything else works and `reason` says why.
 * Used by the engine's thread.
 */
#pragma once

#include <stdint.h>

#include "kernel/conntrack.h"
#include "table/table.h"

struct fb_ctfeed {
	struct fb_table *table;	 /* borrowed */
	struct fb_conntrack *ct; /* NULL: not available */
	struct fb_why reason;	 /* why not */
	bool warned;		 /* of the overrun that is being healed */
};

void fb_ctfeed_init(struct fb_ctfeed *feed, struct fb_table *table, const char *unwanted);
void fb_ctfeed_fini(struct fb_ctfeed *feed);

/* -1 if there is no conntrack. */
int fb_ctfeed_fd(const struct fb_ctfeed *feed);
void fb_ctfeed_read(struct fb_ctfeed *feed);
void fb_ctfeed_tick(struct fb_ctfeed *feed);

/* As fb_engine_act promises. */
int fb_ctfeed_forget(struct fb_ctfeed *feed, uint64_t flow_id);
/*
 * The next entry from *pos on one of whose addresses is this one: 0, -ENODATA when there is no
 * more, else as fb_engine_act.
 */
int fb_ctfeed_forget_using(struct fb_ctfeed *feed, const uint8_t addr[static 16], uint8_t family,
			   uint32_t *pos);
int fb_ctfeed_flush(struct fb_ctfeed *feed);
