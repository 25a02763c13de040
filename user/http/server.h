/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP server: JSON, live stream and page over TCP and the unix socket, all from snapshots.
 * Order of life: fb_api_listen and fb_api_new while still root (ports, token and key files), then
 * the engine drops privileges, then fb_api_start makes the threads. No handler blocks the engine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fb_api;
struct fb_engine;

#define FB_API_LISTENERS 8

struct fb_api_opts {
	struct fb_engine *engine;
	const int *listeners; /* from fb_api_listen; taken over by fb_api_new, also on failure */
	unsigned int n_listeners;
	const char *const *hosts; /* names allowed in Host, besides loopback and own addresses */
	unsigned int n_hosts;
	const char *token_file; /* "operator TOKEN" or "viewer TOKEN" a line; NULL: no login */
	const char *tls_cert;	/* PEM files, both or none; for the TCP listeners */
	const char *tls_key;
};

/*
 * Bind "127.0.0.1:8080", "[::1]:8080" or "unix:/path". On failure -errno, and one sentence in
 * `why`. A socket file that nobody answers on is replaced.
 */
int fb_api_listen(const char *address, int *ret_fd, char *why, size_t why_len);

/*
 * Take the listeners and read the files. -EPERM when a listener is reachable from other machines
 * and there is no token file; `why` holds the sentence.
 */
int fb_api_new(const struct fb_api_opts *opts, struct fb_api **ret_api, char *why, size_t why_len);

/* Make the threads and serve. */
int fb_api_start(struct fb_api *api, char *why, size_t why_len);

/* Say goodbye to streams, close everything, free; within a second. NULL is fine. */
void fb_api_free(struct fb_api *api);

/* A new snapshot is there: wake the streams. Has the form that fb_engine_on_tick takes. */
void fb_api_tick(void *api);

/*
 * The login link "http://HOST/?token=..." for the first TCP listener: good once, for an operator.
 * Without a token file the plain address. Returns `buf`.
 */
const char *fb_api_url(struct fb_api *api, char *buf, size_t len);
