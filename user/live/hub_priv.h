/* SPDX-License-Identifier: BSD-2-Clause */
/* The hub's inside, shared by hub.c and stream.c. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "api/api.h"
#include "live/client.h"
#include "live/hub.h"

struct fb_hub {
	struct fb_api *api;
	struct fb_http_counters *counters;
	struct fb_hub_work *work; /* the thread's list of views to encode */
	struct fb_ask *asks;	  /* ... and its questions: of the summary, then theirs */
	pthread_t thread;
	bool started; /* as `thread`, of whoever starts and stops the hub alone */

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t wake;
	bool stopping;
	bool ticked; /* a snapshot came */
	bool kicked; /* a view or stream is new: do not wait for the tick */
	struct fb_client *clients;
	unsigned int n_clients;
	unsigned int n_anonymised; /* of these */
	struct fb_view *views;
	unsigned int n_views;
};

/* What the streams of one login are known by. */
static inline void fb_hub_cookie_session(const char *cookie, char session[static FB_CLIENT_SESSION])
{
	snprintf(session, FB_CLIENT_SESSION, "c:%.36s", cookie);
}

/* Give back a reference to a view; with the lock. */
void fb_hub_view_put(struct fb_hub *hub, struct fb_view *view);
