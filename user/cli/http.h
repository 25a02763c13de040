/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the running daemon: HTTP/1.1 over its unix socket, one request a connection.
 * Everything is bounded: time without progress, the head, and the body that is kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"

struct fb_http {
	const char *socket;  /* path */
	char why[320];	     /* the sentence for the user after a failure */
	unsigned int status; /* HTTP status of the last answer, 0 if there was none */
	bool any_status;     /* an answer is an answer, whatever its status */
};

/* Called with pieces of the body; a negative value ends the request with it. */
typedef int (*fb_http_fn)(void *ctx, const char *data, size_t len);

/*
 * Send a request and give the body of a 2xx answer to `fn`. `body` is JSON or NULL.
 * 0, or -errno with `why`: -ENOENT/-ECONNREFUSED no daemon, -EACCES, -EPROTO, -ETIMEDOUT,
 * -EREMOTEIO the daemon answered with an error (status tells which).
 */
int fb_http_request(struct fb_http *http, const char *method, const char *target, const char *body,
		    fb_http_fn fn, void *ctx);

/* GET the whole body (at most 256 MB) into `ret_body`. */
int fb_http_get(struct fb_http *http, const char *target, struct fb_buf *ret_body);

/* Take the sentence out of an application/problem+json body; -EREMOTEIO. */
int fb_http_problem(struct fb_http *http, const struct fb_buf *body);

/* The pid of who listens on the socket. */
int fb_http_peer(struct fb_http *http, pid_t *ret_pid);

/* Append `text` percent-encoded, for a query string. */
void fb_http_escape(struct fb_buf *target, const char *text);
