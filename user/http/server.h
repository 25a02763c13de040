/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HTTP server over TCP and the unix socket: guard, logins, routes, answers, the embedded page.
 * What is asked for, and what an answer is about, it has from the route tables alone.
 * Order of life: fb_http_new while still root (token and key files), then the tables, then
 * fb_http_start makes the threads. At the end fb_http_quiesce lets nobody in any more, so that
 * whoever feeds streams can end them before fb_http_free waits for its threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/opts.h"
#include "http/request.h"
#include "util/why.h"

struct fb_http_counters;

/*
 * Take the listeners and read the files. -EPERM when a listener is reachable from other machines
 * and there is no token file, or no login; `why` holds the sentence.
 */
int fb_http_new(const struct fb_http_opts *opts, struct fb_http **ret_http, struct fb_why *why);

/* Serve one more table, which is copied. Before the start. */
void fb_http_serve(struct fb_http *http, const struct fb_route_table *table);

/*
 * Be told of logins: `session` is the cookie; the role it began with, FB_ROLE_NONE when it ended.
 * In the server's threads; before the start.
 */
void fb_http_on_session(struct fb_http *http,
			void (*on_session)(void *ctx, const char *session, enum fb_role role),
			void *ctx);

/* Make the threads and serve; tags hold for this `boot_id`. */
int fb_http_start(struct fb_http *http, uint64_t boot_id, struct fb_why *why);

/*
 * Read certificate and key again: handshakes from here on show them. 1, 0: nothing changed, or
 * there is no TLS; -errno with a sentence: the old ones go on. Any thread.
 */
int fb_http_reread_tls(struct fb_http *http, struct fb_why *why);
/* As fb_auth_reread. One thread. */
int fb_http_reread_tokens(struct fb_http *http, struct fb_why *why);

/* No new connections, and no logins that wait. NULL is fine. */
void fb_http_quiesce(struct fb_http *http);

/* Close everything, free; within a second if no stream stays open. NULL is fine. */
void fb_http_free(struct fb_http *http);

/* End the connections that are past their deadline, and logins that nobody used; once a second. */
void fb_http_sweep(struct fb_http *http);

struct fb_http_counters *fb_http_counters(struct fb_http *http);

/* How many connections are open; how many were ended by a deadline so far. */
void fb_http_connections(struct fb_http *http, unsigned int *ret_open, uint64_t *ret_deadlines);

/*
 * A login link "http://HOST/#login=..." for the first TCP listener, good once and for
 * FB_HTTP_LINK_MINUTES; empty if there is no such listener. What is behind the # stays in the
 * browser: no log of a server or proxy and no Referer has it. Returns `buf`. Any thread.
 */
#define FB_HTTP_LINK_MINUTES 15
const char *fb_http_url(struct fb_http *http, enum fb_role role, char *buf, size_t len);
