/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request of ours to an HTTP server, by libcurl: one a connection, the answer handed on as it
 * comes. Bounded in time without progress and in the head; it speaks nothing but HTTP/1.1, and uses
 * no signal. Over a unix socket it follows no redirect, asks no proxy and takes nothing from the
 * environment; over the network it follows five, and none from HTTPS to HTTP.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Pieces of the body, and the status it came with; a negative value ends the request with it. */
typedef int (*fb_fetch_fn)(void *ctx, unsigned int status, const char *data, size_t len);

/* A line of the answer's head, without its end; of an answer that another one follows, too. */
typedef void (*fb_fetch_head_fn)(void *ctx, const char *line, size_t len);

struct fb_fetch {
	const char *socket; /* the path of a unix socket; NULL: over the network */
	const char *method;
	const char *url;
	const char *body;	      /* what is sent; NULL: nothing */
	size_t body_len;	      /* 0: `body` is a text */
	const char *ca;		      /* file of who vouches for the server; NULL: the system's */
	bool stay;		      /* no redirect is followed */
	const char *const *headers;   /* "Name: value", ends with NULL; or NULL */
	unsigned int idle_seconds;    /* at most, without a byte */
	unsigned int all_seconds;     /* at most, together; 0: no bound */
	unsigned int connect_seconds; /* at most; 0: as idle_seconds */
	const atomic_bool *stop;      /* once true, it ends within a second; NULL: nothing does */
	bool (*over_fn)(void *ctx);   /* the same once it says so, asked once a second; NULL */
	time_t since; /* not what is older: then status is 304; 0: whatever there is */
	fb_fetch_fn fn;
	fb_fetch_head_fn head_fn; /* NULL: nobody asks */
	void *ctx;
	unsigned int status; /* of the answer, 0 while there is none */
	bool sent;	     /* the server may have read all of it, whatever came of it */
	char why[256];	     /* CURL_ERROR_SIZE: what libcurl says of a failure; may be empty */
};

/*
 * 0 when the answer came to its end, whatever its status; what `fn` ended it with; or
 *	-ELIBACC	there is no libcurl on this machine
 *	-ENAMETOOLONG	the path of the socket is too long
 *	-ENOENT, -EACCES, -ECONNREFUSED, ...	what connect() said
 *	-EPIPE		the request was not taken
 *	-ETIMEDOUT	nothing came for idle_seconds
 *	-ECANCELED	`stop` came true
 *	-ECONNABORTED	the answer ended too early
 *	-ECONNRESET, ...	what recv() said
 *	-EPROTO		it is no HTTP
 *	-ENOMEM
 */
int fb_fetch(struct fb_fetch *fetch);

/* The pid of who listens on a unix socket, 0 if it is in another pid namespace. Errors as above. */
int fb_fetch_peer(const char *socket, unsigned int idle_seconds, pid_t *ret_pid);
