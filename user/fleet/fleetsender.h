/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches of a spool to ClickHouse, one after the other, by a thread of its own: retried with the
 * same bytes until one server took them, or refuses them for good. After a try of which nobody
 * knows what became of it, the server is asked first whether it has the batch.
 */
#pragma once

#include "fleet/clickhouse.h"
#include "fleet/diskspool.h"
#include "sink/export.h"

struct fb_fleetsender;

/* All borrowed; its thread runs when this returns. 0 or -errno. */
int fb_fleetsender_start(struct fb_clickhouse *clickhouse, struct fb_diskspool *spool,
			 const char *sensor, atomic_bool *stop, struct fb_export_counters *counters,
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
