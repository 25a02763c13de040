/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches of a spool to an outlet, one after the other, by a thread of its own: retried with the
 * same bytes until a server took them, or refuses them for good.
 */
#pragma once

#include <stdatomic.h>

#include "fleet/outlet.h"
#include "sink/export.h"

struct fb_fleetsender;

/* All borrowed; its thread runs when this returns. 0 or -errno. */
int fb_fleetsender_start(const struct fb_outlet *outlet, struct fb_diskspool *spool,
			 atomic_bool *stop, struct fb_export_counters *counters,
			 struct fb_fleetsender **ret_sender);
/* Gives what waits so long to go out, if a server is there; then the thread is gone. NULL is fine.
 */
void fb_fleetsender_stop(struct fb_fleetsender *sender, unsigned int ms);

/* Why they wait; empty: they do not. Any thread. */
void fb_fleetsender_why(struct fb_fleetsender *sender, struct fb_why *ret_why);
/* A batch that was set aside since the last call: true, and a sentence. Any thread. */
bool fb_fleetsender_news(struct fb_fleetsender *sender, struct fb_why *ret_why);

/* What the spool counts, for readers that must not wait for a disk. The threads of both. */
void fb_fleetsender_count(struct fb_diskspool *spool, struct fb_export_counters *counters);
