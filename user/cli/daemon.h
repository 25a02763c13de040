/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running daemon, asked over its unix socket, or one of another machine over the network; what
 * goes wrong is one sentence for the user.
 * Everything is bounded: time without progress, the head, and the body that is kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/jsontree.h"
#include "util/why.h"

struct fb_daemon {
	const char *socket;	 /* path */
	const char *url;	 /* in its place: http[s]://HOST[:PORT]; NULL: the socket */
	const char *token;	 /* of a login there; NULL: none */
	const char *ca;		 /* file of who vouches for it; NULL: the system's */
	const char *body;	 /* JSON that goes with the requests; NULL: none */
	struct fb_why why;	 /* the sentence for the user after a failure */
	unsigned int status;	 /* HTTP status of the last answer, 0 if there was none */
	unsigned int place;	 /* of what is wrong in a filter, in bytes from 1; 0: not told */
	unsigned int patience_s; /* without a byte; 0: what is usual */
	bool any_status;	 /* an answer is an answer, whatever its status */
};

/* Called with pieces of the body; a negative value ends the request with it. */
typedef int (*fb_daemon_fn)(void *ctx, const char *data, size_t len);

/*
 * Send a request and give the body of a 2xx answer to `fn`.
 * 0, or -errno with `why`: -ENOENT/-ECONNREFUSED no daemon, -EACCES, -EPROTO, -ETIMEDOUT,
 * -EREMOTEIO the daemon answered with an error (status tells which).
 */
int fb_daemon_ask(struct fb_daemon *daemon, const char *method, const char *target, fb_daemon_fn fn,
		  void *ctx);

/* GET a document of JSON, at most 256 MB of it: its text, and read. */
int fb_daemon_get(struct fb_daemon *daemon, const char *target, struct fb_buf *ret_body,
		  struct fb_jsontree **ret_answer);

/* The same by any method: what it changes is answered with a document. */
int fb_daemon_call(struct fb_daemon *daemon, const char *method, const char *target,
		   struct fb_buf *ret_body, struct fb_jsontree **ret_answer);

/* Take the sentence out of an application/problem+json body; -EREMOTEIO. */
int fb_daemon_problem(struct fb_daemon *daemon, const struct fb_buf *body);

/* The pid of who listens on the socket, 0 if it is in another pid namespace. */
int fb_daemon_pid(struct fb_daemon *daemon, pid_t *ret_pid);

/* Append "?name=value" or, behind another one, "&name=value", percent-encoded; NULL: nothing. */
void fb_daemon_param(struct fb_buf *target, const char *name, const char *value);
