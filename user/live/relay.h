/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API of a daemon elsewhere, behind a server of ours: who may ask what is decided here, by the
 * same table of routes; what is asked, and its answer as it comes, is passed on. A thread a
 * request, a bound for all together; what waits for a reader is bounded, in bytes and time.
 */
#pragma once

#include <stdbool.h>

#include "http/route.h"

#define FB_RELAY_MAX	 64 /* requests at once, streams among them */
#define FB_RELAY_STREAMS 16 /* of one login, or address without one */

/* Of sensors: a browser has six connections of a server, and its page is to have some left. */
#define FB_RELAY_SENSORS_MAX	256
#define FB_RELAY_SENSOR_MAX	32 /* of one sensor */
#define FB_RELAY_SENSOR_SOURCE	16 /* of one login, or address without one */
#define FB_RELAY_SENSOR_STREAMS 4

struct fb_door_to;
struct fb_http;
struct fb_json;
struct fb_relay;

/* Of one daemon, which is a hub or not. 0 or -ENOMEM. */
int fb_relay_new(const struct fb_door_to *to, bool is_hub, struct fb_relay **ret_relay);

/* Of the sensors of a fleet, none yet: what is asked under FB_DOORS_UNDER. 0 or -ENOMEM. */
int fb_relay_new_of_sensors(struct fb_relay **ret_relay);
/*
 * These sensors and no others, of different names; what is asked of one that is gone, or changed,
 * ends. 0; -ENOMEM: nothing changed. Any thread.
 */
int fb_relay_set(struct fb_relay *relay, const struct fb_door_to *to, unsigned int n);
/* A list of the sensors and how each answered lately. Any thread. */
void fb_relay_write(void *relay, struct fb_json *json);

/*
 * The API and its streams are served there; logins are that server's own, and one that ends takes
 * what it asked along. Once.
 */
void fb_relay_serve(struct fb_relay *relay, struct fb_http *http);

/* End all that is asked, and wait for it; after fb_http_quiesce, before fb_http_free. */
void fb_relay_stop(struct fb_relay *relay);
/* After fb_http_free. NULL is fine. */
void fb_relay_free(struct fb_relay *relay);
