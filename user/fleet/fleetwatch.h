/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a fleet's ClickHouse answers, and since when: a thread of its own asks it for a row of
 * the sensors every few seconds, so that who wants to know waits for nobody.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/clickhouse.h"

struct fb_fleetwatch;

struct fb_fleetwatch_state {
	bool reachable;
	int64_t started_ms, since_ms, looked_ms; /* since when it is so; of the wall clock */
	uint64_t uptime_ms;
	char server[160]; /* that was asked last */
	char error[256];  /* empty: it answered */
};

/* While root, as fb_clickhouse_new; its `stop` is of no use here. */
int fb_fleetwatch_new(const struct fb_clickhouse_opts *opts, struct fb_fleetwatch **ret_watch,
		      struct fb_why *why);
/* The thread. 0 or -errno. */
int fb_fleetwatch_start(struct fb_fleetwatch *watch);
/* Ends it within a second. NULL is fine. */
void fb_fleetwatch_free(struct fb_fleetwatch *watch);

/* Any thread. */
void fb_fleetwatch_state(struct fb_fleetwatch *watch, struct fb_fleetwatch_state *ret_state);
