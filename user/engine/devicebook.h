/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the networks here from beyond the wire: who MACs are given to, what the last run
 * knew, what operators call them; and what flows say of them. Says which are new. A consumer of
 * flows; used by the engine's thread, but for fb_devicebook_list.
 */
#pragma once

#include "enrich/pipeline.h"
#include "flow/consumer.h"
#include "store/devicestate.h"
#include "util/why.h"

struct fb_devicebook {
	struct fb_inventory *inventory; /* borrowed */
	struct fb_devicestate state;
	uint64_t now_ns;      /* of the last tick */
	uint64_t next_say_ns; /* of those that are new, when one more may be told */
	unsigned int may_say, unsaid;
	bool vendors; /* it is known who MACs are given to */
	bool save_now;
};

/* After the names of hosts, whose folder it shares (-1: nothing is kept). Says what it cannot do.
 */
void fb_devicebook_open(struct fb_devicebook *book, struct fb_pipeline *pipeline, int folder,
			uint64_t now_ns, int64_t wall_ms);
/* Save; before the pipeline and the folder are gone. A zeroed book is fine. */
void fb_devicebook_close(struct fb_devicebook *book);

/* Once a tick, before its snapshot is made. */
void fb_devicebook_tick(struct fb_devicebook *book, uint64_t now_ns, int64_t wall_ms);
/* Takes what moved; its context. */
extern const struct fb_consumer_ops fb_devicebook_consumer;

/* As fb_inventory_label. */
int fb_devicebook_label(struct fb_devicebook *book, const uint8_t mac[static 6], const char *label,
			uint8_t icon);

/* --- any thread ------------------------------------------------------------------------------ */

struct fb_devicebook_list {
	struct fb_inventory_device *device; /* the caller frees it */
	uint32_t n;
	struct fb_inventory_clock clock;
	int64_t since_ms; /* the first run of all began */
	bool vendors;
};

/* 0 or -ENOMEM. */
int fb_devicebook_list(struct fb_devicebook *book, struct fb_devicebook_list *ret_list);
/* It was there for less than a day, and not from the first moments on. */
bool fb_devicebook_is_new(const struct fb_inventory_device *device, int64_t since_ms,
			  int64_t wall_ms);
