/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is served: the HTTP server, the API's answers and the live streams, in their order of
 * life. fb_web_new while still root (ports, token and key files), then the engine drops
 * privileges, then fb_web_start makes the threads. No handler blocks the engine.
 */
#pragma once

#include <stddef.h>

#include "http/server.h"
#include "util/why.h"

struct fb_engine;
struct fb_web;

/* As fb_http_new. */
int fb_web_new(const struct fb_http_opts *opts, struct fb_engine *engine, struct fb_web **ret_web,
	       struct fb_why *why);
/*
 * Of a hub, which has no engine: the same page and API over the past that is at `source`. Borrowed
 * until fb_web_free: how its database is, and the live views of sensors, which may be NULL.
 */
struct fb_fleetwatch;
struct fb_pastpool_source;
struct fb_relay;
struct fb_web_fleet {
	const struct fb_pastpool_source *source;
	struct fb_fleetwatch *watch;
	struct fb_relay *sensors;
};
int fb_web_new_fleet(const struct fb_http_opts *opts, const struct fb_web_fleet *fleet,
		     struct fb_web **ret_web, struct fb_why *why);
int fb_web_start(struct fb_web *web, struct fb_why *why);

/* Say goodbye to streams, close everything, free; within a second. NULL is fine. */
void fb_web_free(struct fb_web *web);

/* As fb_http_reread_tokens. */
int fb_web_reread_tokens(struct fb_web *web, struct fb_why *why);
/* As fb_http_reread_tls. */
int fb_web_reread_tls(struct fb_web *web, struct fb_why *why);

/* A new snapshot is there: wake the streams. Has the form that fb_engine_on_tick takes. Of a hub,
 * once a second. */
void fb_web_tick(void *web);

/* As fb_http_url, for an admin. */
const char *fb_web_url(struct fb_web *web, char *buf, size_t len);
