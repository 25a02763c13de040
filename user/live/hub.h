/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live streams (server-sent events). One thread encodes each tick's chunks, once per distinct
 * view, and hands them to the clients; the library's threads only copy bytes out. A client has at
 * most one tick's chunks pending: a slow one skips ticks and gets whole state next, one that does
 * not drain for 30 s is cut. Both are counted.
 */
#pragma once

#define FB_HUB_CLIENTS	    1024 /* streams, overall */
#define FB_HUB_PER_SESSION  4	 /* ... of one browser session; the next gets 204: stop trying */
#define FB_HUB_VIEWS_TOTAL  256	 /* distinct views */
#define FB_HUB_STALL_MS	    30000
#define FB_HUB_HEARTBEAT_MS 15000

struct fb_api;
struct fb_hub;

int fb_hub_new(struct fb_api *api, struct fb_hub **ret_hub);
int fb_hub_start(struct fb_hub *hub);

/* End the thread and every stream; no stream begins after. NULL is fine, twice too. */
void fb_hub_stop(struct fb_hub *hub);
void fb_hub_free(struct fb_hub *hub);

/* A new snapshot is there; any thread, does not block. */
void fb_hub_tick(struct fb_hub *hub);

/* End the streams that began with this login's cookie; "": with a token in a header. Any thread. */
void fb_hub_end_session(struct fb_hub *hub, const char *cookie);
