/* SPDX-License-Identifier: BSD-2-Clause */
#include "live/relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/routes.h"
#include "http/reply.h"
#include "http/server.h"
#include "live/relay_priv.h"
#include "live/stream.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define ENDING_MS 3000

static const struct fb_relay_limits of_one = {FB_RELAY_MAX, FB_RELAY_MAX, FB_RELAY_MAX,
					      FB_RELAY_STREAMS};
static const struct fb_relay_limits of_sensors = {FB_RELAY_SENSORS_MAX, FB_RELAY_SENSOR_MAX,
						  FB_RELAY_SENSOR_SOURCE, FB_RELAY_SENSOR_STREAMS};

/* --- what is asked ---------------------------------------------------------------------------- */

static int too_many(struct fb_request *req)
{
	const struct fb_relay_limits *limits = ((const struct fb_relay *)req->ctx)->limits;

	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "2");
	fb_reply_problem(req, 503, "busy",
			 "%u requests there, or %u streams of yours, are on their way",
			 limits->door, limits->streams);
	return 0;
}

static int no_sensor(struct fb_request *req)
{
	fb_reply_problem(req, 404, "no-such-sensor",
			 "the live view of this sensor is not served here: GET /api/v1/fleet/live "
			 "lists those that are");
	return 0;
}

/* With the lock. Streams stay: nobody has so many that others find no room. */
static bool may_start(const struct fb_relay *relay, const struct fb_call *call)
{
	const struct fb_relay_limits *limits = relay->limits;
	unsigned int of_source = 0, streams = 0;

	for (const struct fb_call *other = relay->calls; other; other = other->next) {
		of_source += other->source == call->source;
		streams += other->source == call->source && other->is_stream;
	}
	return !relay->stopping && relay->n_calls < limits->all &&
	       call->door->calls < limits->door && of_source < limits->source &&
	       (!call->is_stream || streams < limits->streams);
}

/* With the lock. 0 or -errno. */
static int start(struct fb_relay *relay, struct fb_call *call)
{
	const bool may = may_start(relay, call);

	call->door->asked++;
	call->door->refused += !may;
	return may ? fb_call_start(call) : -EBUSY;
}

static struct fb_door *get_door(struct fb_relay *relay, const char *name)
{
	struct fb_door *door;

	pthread_mutex_lock(&relay->lock);
	door = fb_doors_get(&relay->doors, name);
	pthread_mutex_unlock(&relay->lock);
	return door;
}

static void put_door(struct fb_relay *relay, struct fb_door *door)
{
	pthread_mutex_lock(&relay->lock);
	fb_door_put(door);
	pthread_mutex_unlock(&relay->lock);
}

static int begin(struct fb_request *req)
{
	struct fb_relay *relay = req->ctx;
	struct fb_door *door = get_door(relay, req->under);
	struct fb_call *call = door ? fb_call_new(req, relay, door) : NULL;
	int r;

	if (!door)
		return no_sensor(req);
	if (!call) {
		put_door(relay, door);
		return -ENOMEM;
	}
	pthread_mutex_lock(&relay->lock);
	r = start(relay, call);
	if (r == 0) {
		call->waits = true;
		req->waited = call;
		fb_request_wait(req);
	} else {
		fb_call_let_go(call);
	}
	pthread_mutex_unlock(&relay->lock);
	return r == 0 ? 0 : too_many(req);
}

static int handle(struct fb_request *req)
{
	struct fb_relay *relay = req->ctx;
	int r;

	if (!req->waited)
		return begin(req);
	pthread_mutex_lock(&relay->lock);
	r = fb_call_answer(req, req->waited);
	pthread_mutex_unlock(&relay->lock);
	return r;
}

static void end(struct fb_request *req)
{
	struct fb_relay *relay = req->ctx;
	struct fb_call *call = TAKE_PTR(req->waited);

	pthread_mutex_lock(&relay->lock);
	call->req = NULL;
	call->stop = true;
	pthread_cond_signal(&call->taken);
	fb_call_let_go(call);
	pthread_mutex_unlock(&relay->lock);
}

/* Logins and links are those of this server, and what problems mean it knows itself. */
static bool is_elsewhere(struct fb_request *req)
{
	const char *path = req->route->path;

	return !(req->route->flags & FB_ROUTE_OPEN) && strcmp(path, "/api/v1/login") != 0 &&
	       strcmp(path, "/api/v1/openapi.json") != 0;
}

/* --- life ------------------------------------------------------------------------------------- */

static int new_relay(const struct fb_relay_limits *limits, struct fb_relay **ret_relay)
{
	struct fb_relay *relay = calloc(1, sizeof(*relay));
	pthread_condattr_t attr;

	if (!relay)
		return -ENOMEM;
	relay->limits = limits;
	pthread_mutex_init(&relay->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&relay->ended, &attr);
	pthread_condattr_destroy(&attr);
	*ret_relay = relay;
	return 0;
}

int fb_relay_new(const struct fb_door_to *to, bool is_hub, struct fb_relay **ret_relay)
{
	struct fb_relay *relay;
	int r = new_relay(&of_one, &relay);

	if (r)
		return r;
	relay->api.is_hub = is_hub;
	r = fb_doors_set(&relay->doors, to, 1);
	if (r)
		fb_relay_free(relay);
	else
		*ret_relay = relay;
	return r;
}

int fb_relay_new_of_sensors(struct fb_relay **ret_relay)
{
	return new_relay(&of_sensors, ret_relay);
}

static void session_changed(void *ctx, const char *session, enum fb_role role)
{
	struct fb_relay *relay = ctx;

	if (role != FB_ROLE_NONE)
		return;
	pthread_mutex_lock(&relay->lock);
	for (struct fb_call *call = relay->calls; call; call = call->next)
		if (!strcmp(call->session, session))
			fb_call_end(call);
	pthread_mutex_unlock(&relay->lock);
}

int fb_relay_set(struct fb_relay *relay, const struct fb_door_to *to, unsigned int n)
{
	int r;

	pthread_mutex_lock(&relay->lock);
	r = fb_doors_set(&relay->doors, to, n);
	for (struct fb_call *call = relay->calls; call; call = call->next)
		if (!call->door->listed)
			fb_call_end(call);
	pthread_mutex_unlock(&relay->lock);
	return r;
}

void fb_relay_write(void *ctx, struct fb_json *json)
{
	struct fb_relay *relay = ctx;

	pthread_mutex_lock(&relay->lock);
	fb_doors_write(&relay->doors, json);
	pthread_mutex_unlock(&relay->lock);
}

void fb_relay_serve(struct fb_relay *relay, struct fb_http *http)
{
	struct fb_route_table tables[] = {fb_api_table(&relay->api), fb_stream_table(NULL)};

	relay->api.http = http;
	fb_http_on_session(http, session_changed, relay);
	for (int i = 0; i < 2; i++) {
		tables[i].ctx = relay;
		tables[i].under = relay->limits == &of_sensors ? FB_DOORS_UNDER : NULL;
		tables[i].is_apart = is_elsewhere;
		tables[i].handle_apart = handle;
		tables[i].end_apart = end;
		fb_http_serve(http, &tables[i]);
	}
}

/* A suspended connection must not meet the server's end: each is woken by its thread's end. */
void fb_relay_stop(struct fb_relay *relay)
{
	const struct timespec until = fb_monotonic_in_ms(ENDING_MS);
	int r = 0;

	pthread_mutex_lock(&relay->lock);
	relay->stopping = true;
	for (struct fb_call *call = relay->calls; call; call = call->next)
		fb_call_end(call);
	while (relay->n_calls && r == 0)
		r = pthread_cond_timedwait(&relay->ended, &relay->lock, &until);
	pthread_mutex_unlock(&relay->lock);
}

void fb_relay_free(struct fb_relay *relay)
{
	/* who still waits for an answer, past all patience, has it for good */
	if (!relay || relay->n_calls)
		return;
	fb_doors_fini(&relay->doors);
	pthread_cond_destroy(&relay->ended);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
}
