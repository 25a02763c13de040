/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows to an IPFIX collector: each when it ended, long ones in parts that add up, what is live
 * when we end. A thread of its own.
 */
#pragma once

#include "flow/consumer.h"
#include "sink/export.h"
#include "sink/totals.h"
#include "util/why.h"

struct fb_collector_opts {
	const char *target; /* HOST:PORT (UDP), tcp:HOST:PORT, tls:HOST:PORT */
	const char *ca;	    /* file of who vouches for a collector; NULL: the system's */
	bool uniflow;	    /* a record for each direction */
	uint32_t active_s;  /* a flow that lasts is told as often */
	uint32_t idle_s;    /* one that is silent is told then */
	/* Any thread. */
	void (*totals)(void *ctx, struct fb_sink_totals *ret_totals);
	void *totals_ctx;
};

struct fb_collector;

/* While root. -EINVAL with a sentence: the target is none; -errno: the file cannot be read. */
int fb_collector_new(const struct fb_collector_opts *opts, struct fb_collector **ret_collector,
		     struct fb_why *why);
/* NULL is fine. */
void fb_collector_free(struct fb_collector *collector);

/* Feeds one, its context. */
extern const struct fb_consumer_ops fb_collector_consumer;

const struct fb_export_counters *fb_collector_counters(const struct fb_collector *collector);
