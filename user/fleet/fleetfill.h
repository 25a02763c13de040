/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hours of a server's rows that are not added up yet, or got rows since, are; see fleetrollup.h.
 * Whoever does it, how often and how many at once: answers stay what they are. And days that are
 * older than somebody wants to keep are dropped, of rows those alone that are added up.
 */
#pragma once

#include "fleet/clickhouse.h"

struct fb_fleetfill {
	struct fb_clickhouse *clickhouse; /* the server at hand */
	int64_t now_ms, since_ms;
	int64_t settle_ms;	      /* an hour is over so long, and was not added up lately */
	unsigned int days, sums_days; /* that rows and sums are kept; 0: nothing is dropped */
	bool fresh;		      /* there is no table of sums yet */
	bool dry;		      /* statements are only told */
	void (*tell)(void *ctx, const char *sql);
	void *ctx;
	unsigned int hours, dropped; /* that were added up; partitions */
};

/* 0, or -errno with a sentence. */
int fb_fleetfill_run(struct fb_fleetfill *fill, struct fb_why *why);
