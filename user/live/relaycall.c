/* SPDX-License-Identifier: BSD-2-Clause */
/* A call: what is asked, and its thread, which takes what comes; see relay_priv.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/fetch.h"
#include "http/conn.h"
#include "http/route.h"
#include "live/relay_priv.h"
#include "util/clock.h"

#define WAITING_BYTES (256 * 1024) /* of an answer, for its reader */
#define READER_MS     30000	   /* without a byte taken, and the connection is cut */
#define IDLE_S	      45	   /* without a byte from there; history takes 30 s at most */
#define CONNECT_S     5

const char *const fb_call_passed[N_PASSED] = {
	[CONTENT_TYPE] = MHD_HTTP_HEADER_CONTENT_TYPE,
	[ETAG] = MHD_HTTP_HEADER_ETAG,
	[CACHE_CONTROL] = MHD_HTTP_HEADER_CACHE_CONTROL,
	[RETRY_AFTER] = MHD_HTTP_HEADER_RETRY_AFTER,
	[DISPOSITION] = MHD_HTTP_HEADER_CONTENT_DISPOSITION,
	[ALLOW] = MHD_HTTP_HEADER_ALLOW,
	[BUFFERING] = "X-Accel-Buffering",
};
/* Of a request. */
static const char *const asked[FB_CALL_ASKED] = {MHD_HTTP_HEADER_IF_NONE_MATCH, "Last-Event-ID"};

/* --- its life --------------------------------------------------------------------------------- */

static void free_call(struct fb_call *call)
{
	pthread_cond_destroy(&call->taken);
	free(call->method);
	free(call->url);
	free(call->body);
	for (char **header = call->headers; *header; header++) {
		explicit_bzero(*header, strlen(*header));
		free(*header);
	}
	fb_buf_fini(&call->buf);
	free(call);
}

void fb_call_let_go(struct fb_call *call)
{
	if (--call->refs)
		return;
	fb_door_put(call->door);
	free_call(call);
}

static bool add_header(struct fb_call *call, const char *name, const char *value)
{
	char **header = call->headers;

	while (*header)
		header++;
	return asprintf(header, "%s: %s", name, value) >= 0;
}

static bool add_login(struct fb_call *call, const char *token)
{
	char value[FB_CALL_VALUE + 64];
	bool good;

	snprintf(value, sizeof(value), "Bearer %s", token);
	good = add_header(call, MHD_HTTP_HEADER_AUTHORIZATION, value);
	explicit_bzero(value, sizeof(value));
	return good;
}

/* May hold any byte, as JSON that is none does. */
static char *copy_body(const struct fb_buf *body)
{
	char *copy = body->len ? malloc(body->len) : NULL;

	return copy ? memcpy(copy, body->data, body->len) : NULL;
}

/* What was asked, as it was sent: of a sensor's, without the two segments before it. */
static const char *target_of(const struct fb_request *req)
{
	const char *target = req->whole;

	for (int i = 0; req->under && i < 2; i++)
		target = strchr(target + 1, '/');
	return target;
}

static bool fill(struct fb_call *call, const struct fb_request *req)
{
	const struct fb_door *to = call->door;
	const bool reads = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
	bool good = true;

	/* of a HEAD the body is not read, so it ends by itself */
	call->method = strdup(reads ? "GET" : req->method);
	call->body = copy_body(&req->body);
	call->body_len = req->body.len;
	if (asprintf(&call->url, "%s%s", to->socket ? "http://localhost" : to->url,
		     target_of(req)) < 0)
		call->url = NULL;
	for (size_t i = 0; good && i < FB_CALL_ASKED; i++) {
		const char *value = fb_request_header(req, asked[i]);

		good = !value || add_header(call, asked[i], value);
	}
	if (good && !reads)
		good = add_header(call, "X-Flowbpf-CSRF", "1");
	if (good && call->body)
		good = add_header(call, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	if (good && to->token)
		good = add_login(call, to->token);
	/* who may do less here is to be told less there */
	if (good && req->role < FB_ROLE_ADMIN)
		good = add_header(call, FB_AUTH_ROLE_HEADER,
				  req->role < FB_ROLE_OPERATOR ? "viewer" : "operator");
	if (good && req->user)
		good = add_header(call, FB_AUTH_USER_HEADER, req->user);
	return good && call->method && call->url && (call->body || !req->body.len);
}

/* A thread's last word. */
static void end_thread(struct fb_call *call)
{
	struct fb_relay *relay = call->relay;

	if (call->prev)
		call->prev->next = call->next;
	else
		relay->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	relay->n_calls--;
	call->door->calls--;
	pthread_cond_signal(&relay->ended);
	fb_call_let_go(call);
}

/* With the lock, at its end: whether who asked went first says nothing of there. */
static void note(struct fb_call *call)
{
	if (call->status || !call->error)
		fb_door_told(call->door, NULL);
	else if (!call->stop)
		fb_door_told(call->door, call->why);
}

struct fb_call *fb_call_new(struct fb_request *req, struct fb_relay *relay, struct fb_door *door)
{
	struct fb_call *call = calloc(1, sizeof(*call));
	pthread_condattr_t attr;

	if (!call)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&call->taken, &attr);
	pthread_condattr_destroy(&attr);
	call->relay = relay;
	call->refs = 1;
	call->req = req;
	call->mhd = req->mhd;
	call->source = req->source;
	call->door = door;
	call->is_stream = !strcmp(req->route->path, "/api/v1/stream");
	if (req->by_session)
		snprintf(call->session, sizeof(call->session), "%s", fb_auth_session(req));
	if (fill(call, req))
		return call;
	free_call(call);
	return NULL;
}

void fb_call_end(struct fb_call *call)
{
	call->stop = true;
	pthread_cond_signal(&call->taken);
}

/* --- its thread ------------------------------------------------------------------------------- */

/* A short answer is waited for, so that it goes out whole and compressed. */
static bool is_ready(const struct fb_call *call)
{
	return call->done || call->buf.len > FB_CALL_SHORT ||
	       !strncmp(call->value[CONTENT_TYPE], "text/event-stream", 17);
}

/* With the lock: something is there, or the end. */
static void wake_reader(struct fb_call *call)
{
	if (!call->req || (call->waits && !is_ready(call)))
		return;
	if (call->waits)
		fb_request_resume(call->req);
	else if (call->sleeps)
		MHD_resume_connection(call->mhd);
	call->waits = call->sleeps = false;
}

static void take_head(void *ctx, const char *line, size_t len)
{
	struct fb_call *call = ctx;

	pthread_mutex_lock(&call->relay->lock);
	for (size_t i = 0; i < N_PASSED && !call->status; i++) { /* what comes behind is no head */
		const size_t name = strlen(fb_call_passed[i]);
		const char *value = line + name + 1, *end = line + len;

		if (len <= name || line[name] != ':' ||
		    strncasecmp(line, fb_call_passed[i], name) != 0)
			continue;
		while (value < end && *value == ' ')
			value++;
		snprintf(call->value[i], FB_CALL_VALUE, "%.*s", (int)(end - value), value);
	}
	pthread_mutex_unlock(&call->relay->lock);
}

/* With the lock. False: nobody reads any more. */
static bool wait_for_room(struct fb_call *call)
{
	const struct timespec until = fb_monotonic_in_ms(READER_MS);
	int r = 0;

	while (call->req && !call->stop && r == 0 && call->buf.len - call->at > WAITING_BYTES)
		r = pthread_cond_timedwait(&call->taken, &call->relay->lock, &until);
	if (r != 0 && call->req)
		fb_conn_cut(call->req->conn);
	return r == 0 && call->req && !call->stop;
}

/* What was read makes way before more comes. */
static int add(struct fb_call *call, const char *data, size_t len)
{
	if (call->at) {
		memmove(call->buf.data, call->buf.data + call->at, call->buf.len - call->at);
		call->buf.len -= call->at;
		call->at = 0;
	}
	fb_buf_add(&call->buf, data, len);
	return fb_buf_error(&call->buf);
}

static int take_body(void *ctx, unsigned int status, const char *data, size_t len)
{
	struct fb_call *call = ctx;
	int r = -ECANCELED;

	pthread_mutex_lock(&call->relay->lock);
	call->status = status;
	if (wait_for_room(call))
		r = add(call, data, len);
	wake_reader(call);
	pthread_mutex_unlock(&call->relay->lock);
	return r;
}

/* The library does not look whether who waits is still there: one who left would keep his share of
 * the requests for as long as a sensor likes. */
static bool is_over(void *ctx)
{
	struct fb_call *call = ctx;
	bool over;

	pthread_mutex_lock(&call->relay->lock);
	if (call->waits && fb_request_is_gone(call->req))
		call->stop = true;
	over = call->stop;
	pthread_mutex_unlock(&call->relay->lock);
	return over;
}

static void *run(void *ctx)
{
	struct fb_call *call = ctx;
	struct fb_relay *relay = call->relay;
	struct fb_fetch fetch = {
		.socket = call->door->socket,
		.method = call->method,
		.url = call->url,
		.body = call->body,
		.body_len = call->body_len,
		.ca = call->door->ca,
		.stay = true,
		.headers = (const char *const *)call->headers,
		.idle_seconds = IDLE_S,
		.connect_seconds = CONNECT_S,
		.stop = &call->stop,
		.over_fn = is_over,
		.fn = take_body,
		.head_fn = take_head,
		.ctx = call,
	};
	const int r = fb_fetch(&fetch);

	pthread_mutex_lock(&relay->lock);
	call->error = r;
	call->done = true;
	call->status = fetch.status;
	/* libcurl speaks of a host, where there is a socket */
	snprintf(call->why, sizeof(call->why), "%s",
		 *fetch.why && call->door->url ? fetch.why : strerror(-r));
	note(call);
	wake_reader(call);
	end_thread(call);
	pthread_mutex_unlock(&relay->lock);
	return NULL;
}

int fb_call_start(struct fb_call *call)
{
	struct fb_relay *relay = call->relay;
	pthread_t thread;
	int r = -pthread_create(&thread, NULL, run, call);

	if (r < 0)
		return r;
	pthread_detach(thread);
	call->refs++;
	call->next = relay->calls;
	if (call->next)
		call->next->prev = call;
	relay->calls = call;
	relay->n_calls++;
	call->door->calls++;
	return 0;
}
