/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's own state, seen by the files of this folder only. What is not atomic and has no lock
 * is set before the threads start and constant after.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "http/cache.h"
#include "http/conn.h"
#include "http/counters.h"
#include "http/listen.h"
#include "http/route.h"

struct fb_auth;

#define FB_HTTP_TABLES 4 /* of an API and its streams, and the same of others */

struct fb_http_listener {
	int fd;
	bool local; /* a unix socket */
	struct MHD_Daemon *daemon;
	char address[64]; /* "127.0.0.1:8080", or the path */
};

struct fb_http {
	struct fb_http_listener listeners[FB_HTTP_LISTENERS];
	unsigned int n_listeners;
	struct fb_route_table tables[FB_HTTP_TABLES];
	unsigned int n_tables;
	char **hosts;
	unsigned int n_hosts;
	enum fb_role told_all;	  /* the least that is told of hosts and people */
	bool is_hub;		  /* what its page is of */
	char *tls_cert, *tls_key; /* files; both or none */
	struct fb_auth *auth;
	void (*on_session)(void *ctx, const char *session, enum fb_role role);
	void *on_session_ctx;
	struct fb_conns conns;
	struct fb_http_counters counters;
	struct fb_cache cache;
	uint64_t boot_id;
	uint64_t seed; /* of request ids and tags */
	atomic_uint_fast64_t next_id;
};
