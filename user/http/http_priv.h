/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's own state, seen by the files of this folder only. What is not atomic is set before
 * fb_api_start and constant after.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "http/cache.h"
#include "http/conn.h"
#include "http/request.h"
#include "http/server.h"
#include "api/summary.h"

struct fb_auth;
struct fb_hub;

struct fb_api_listener {
	int fd;
	bool local; /* a unix socket */
	struct MHD_Daemon *daemon;
	char address[64]; /* "127.0.0.1:8080", or the path */
};

/* X(name, help): what the server itself counts; part of /api/v1/health. */
#define FB_API_COUNTERS(X)                                                                         \
	X(requests, "HTTP requests answered")                                                      \
	X(refused, "HTTP requests refused as malformed or by Host")                                \
	X(denied, "HTTP requests denied for want of login, role or origin")                        \
	X(limited, "logins refused because too many failed")                                       \
	X(cached, "answers that were made for somebody else")                                      \
	X(stream_refused, "streams refused because of a limit")                                    \
	X(stream_skipped, "ticks that a slow stream skipped")                                      \
	X(stream_dropped, "streams cut because their reader stood still")

struct fb_api_counters {
#define X(name, help) atomic_uint_fast64_t name;
	FB_API_COUNTERS(X)
#undef X
};

struct fb_api {
	struct fb_engine *engine;
	struct fb_api_listener listeners[FB_API_LISTENERS];
	unsigned int n_listeners;
	char **hosts;
	unsigned int n_hosts;
	char *tls_cert, *tls_key; /* file contents; both or none */
	struct fb_auth *auth;
	struct fb_hub *hub;
	struct fb_api_conns conns;
	struct fb_api_counters counters;
	struct fb_summary_cache summary;
	struct fb_api_cache cache;
	uint64_t boot_id;
	uint64_t id_seed;
	atomic_uint_fast64_t next_id;
};

/* The library's callbacks, with the API as their context. */
void *fb_request_begin(void *api, const char *target, struct MHD_Connection *mhd);
enum MHD_Result fb_request_handle(void *api, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_len, void **state);
void fb_request_end(void *api, struct MHD_Connection *mhd, void **state,
		    enum MHD_RequestTerminationCode code);
