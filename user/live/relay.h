/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API of a daemon elsewhere, behind a server of ours: who may ask what is decided here, by the
 * same table of routes; what is asked, and its answer as it comes, is passed on. A thread a
 * request, a bound for all together; what waits for a reader is bounded, in bytes and time.
 */
#pragma once

#include <stdint.h>

#include "http/route.h"

#define FB_RELAY_MAX	 64 /* requests at once, streams among them */
#define FB_RELAY_STREAMS 16 /* of one login, or address without one */

struct fb_http;
struct fb_relay;

/* Whom to ask; the texts are borrowed for good. */
struct fb_relay_to {
	const char *socket; /* path; NULL: */
	const char *url;    /* http[s]://HOST[:PORT] */
	const char *token;  /* of a login there; NULL: none */
	const char *ca;	    /* file of who vouches for it; NULL: the system's */
	bool is_hub;	    /* what is there */
};

/* 0 or -ENOMEM. */
int fb_relay_new(const struct fb_relay_to *to, struct fb_relay **ret_relay);

/*
 * The API and its streams are served there; logins are that server's own, and one that ends takes
 * what it asked along. Once.
 */
void fb_relay_serve(struct fb_relay *relay, struct fb_http *http);

/* End all that is asked, and wait for it; after fb_http_quiesce, before fb_http_free. */
void fb_relay_stop(struct fb_relay *relay);
/* After fb_http_free. NULL is fine. */
void fb_relay_free(struct fb_relay *relay);
