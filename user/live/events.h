/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that every stream gets: summary, log, windows; made once a tick in the hub's thread. */
#pragma once

#include "live/client.h"

struct fb_snapshot;

struct fb_events {
	struct fb_api *api;
	struct fb_chunk *summary, *monitor;
	uint64_t monitored; /* other when an interface comes, goes or changes its state */
	uint64_t epoch;
};

void fb_events_make(struct fb_events *events, struct fb_api *api, struct fb_snapshot *snapshot);

/* Queue what this client has not had; with the hub's lock. */
void fb_events_deliver(const struct fb_events *events, struct fb_client *client, bool tick);

/* With the hub's lock. */
void fb_events_fini(struct fb_events *events);

/* The first chunk of a stream. */
void fb_events_hello(struct fb_client *client, struct fb_api *api, bool may_act);
