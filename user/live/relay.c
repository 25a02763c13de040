/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call belongs to three: its request until that is over, its answer as long as the library reads
 * it, its thread. Whoever lets go last frees it.
 */
#include "live/relay.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/routes.h"
#include "fetch/fetch.h"
#include "http/auth.h"
#include "http/conn.h"
#include "http/reply.h"
#include "http/server.h"
#include "live/stream.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define WAITING_BYTES (256 * 1024) /* of an answer, for its reader */
#define SHORT_BYTES   (64 * 1024)
#define READER_MS     30000 /* without a byte taken, and the connection is cut */
#define IDLE_S	      45    /* without a byte from there; history takes 30 s at most */
#define CONNECT_S     5
#define VALUE_MAX     256
#define ENDING_MS     3000

/* Of an answer what is passed on; all else is the server's own, or of that one connection. */
enum { CONTENT_TYPE, ETAG, CACHE_CONTROL, RETRY_AFTER, DISPOSITION, BUFFERING, N_PASSED };
static const char *const passed[N_PASSED] = {
	[CONTENT_TYPE] = MHD_HTTP_HEADER_CONTENT_TYPE,
	[ETAG] = MHD_HTTP_HEADER_ETAG,
	[CACHE_CONTROL] = MHD_HTTP_HEADER_CACHE_CONTROL,
	[RETRY_AFTER] = MHD_HTTP_HEADER_RETRY_AFTER,
	[DISPOSITION] = MHD_HTTP_HEADER_CONTENT_DISPOSITION,
	[BUFFERING] = "X-Accel-Buffering",
};
/* ... and of a request. */
static const char *const asked[] = {MHD_HTTP_HEADER_IF_NONE_MATCH, "Last-Event-ID"};
#define N_ASKED (sizeof(asked) / sizeof(*asked))

struct fb_relay {
	struct fb_api api; /* first: what the handlers that stay here take their context for */
	struct fb_relay_to to;
	pthread_mutex_t
		lock; /* guards all below, and all of each call but its request's own texts */
	pthread_cond_t ended;
	struct call *calls;
	unsigned int n_calls; /* whose threads run */
	bool stopping;
};

struct call {
	struct fb_relay *relay;
	struct call *prev, *next; /* in the list while its thread runs */
	unsigned int refs;
	struct fb_request *req;	     /* NULL: it is over */
	char session[FB_SESSION_ID]; /* "": of none */
	uint64_t source;
	bool is_stream;
	struct MHD_Connection *mhd;
	bool waits, sleeps; /* its request for a head; its reader for a byte */
	atomic_bool stop;
	pthread_cond_t taken; /* by the reader */
	char *method, *url, *body;
	size_t body_len;
	char *headers[N_ASKED + 5]; /* ends with NULL */
	unsigned int status;
	char value[N_PASSED][VALUE_MAX];
	struct fb_buf buf; /* from `at` on, for the reader */
	size_t at;
	bool done;
	int error;
	char why[256];
};

/* --- life of a call -----------------------------------------------------------------------------
 */

static void free_call(struct call *call)
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

/* With the lock. */
static void let_go(struct call *call)
{
	if (--call->refs == 0)
		free_call(call);
}

static bool add_header(struct call *call, const char *name, const char *value)
{
	char **header = call->headers;

	while (*header)
		header++;
	return asprintf(header, "%s: %s", name, value) >= 0;
}

static bool add_login(struct call *call, const char *token)
{
	char value[VALUE_MAX + 64];
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

static bool fill(struct call *call, const struct fb_request *req)
{
	const struct fb_relay_to *to = &call->relay->to;
	const bool reads = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
	bool good = true;

	/* of a HEAD the body is not read, so it ends by itself */
	call->method = strdup(reads ? "GET" : req->method);
	call->body = copy_body(&req->body);
	call->body_len = req->body.len;
	if (asprintf(&call->url, "%s%s", to->socket ? "http://localhost" : to->url, req->whole) < 0)
		call->url = NULL;
	for (size_t i = 0; good && i < N_ASKED; i++) {
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
static void end_thread(struct call *call)
{
	struct fb_relay *relay = call->relay;

	if (call->prev)
		call->prev->next = call->next;
	else
		relay->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	relay->n_calls--;
	pthread_cond_signal(&relay->ended);
	let_go(call);
}

/* --- its thread ---------------------------------------------------------------------------------
 */

/* A short answer is waited for, so that it goes out whole and compressed. */
static bool is_ready(const struct call *call)
{
	return call->done || call->buf.len > SHORT_BYTES ||
	       !strncmp(call->value[CONTENT_TYPE], "text/event-stream", 17);
}

/* With the lock: something is there, or the end. */
static void wake_reader(struct call *call)
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
	struct call *call = ctx;

	pthread_mutex_lock(&call->relay->lock);
	for (size_t i = 0; i < N_PASSED && !call->status; i++) { /* what comes behind is no head */
		const size_t name = strlen(passed[i]);
		const char *value = line + name + 1, *end = line + len;

		if (len <= name || line[name] != ':' || strncasecmp(line, passed[i], name) != 0)
			continue;
		while (value < end && *value == ' ')
			value++;
		snprintf(call->value[i], VALUE_MAX, "%.*s", (int)(end - value), value);
	}
	pthread_mutex_unlock(&call->relay->lock);
}

/* With the lock. False: nobody reads any more. */
static bool wait_for_room(struct call *call)
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
static int add(struct call *call, const char *data, size_t len)
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
	struct call *call = ctx;
	int r = -ECANCELED;

	pthread_mutex_lock(&call->relay->lock);
	call->status = status;
	if (wait_for_room(call))
		r = add(call, data, len);
	wake_reader(call);
	pthread_mutex_unlock(&call->relay->lock);
	return r;
}

static void *run(void *ctx)
{
	struct call *call = ctx;
	struct fb_relay *relay = call->relay;
	struct fb_fetch fetch = {
		.socket = relay->to.socket,
		.method = call->method,
		.url = call->url,
		.body = call->body,
		.body_len = call->body_len,
		.ca = relay->to.ca,
		.stay = true,
		.headers = (const char *const *)call->headers,
		.idle_seconds = IDLE_S,
		.connect_seconds = CONNECT_S,
		.stop = &call->stop,
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
		 *fetch.why && relay->to.url ? fetch.why : strerror(-r));
	wake_reader(call);
	end_thread(call);
	pthread_mutex_unlock(&relay->lock);
	return NULL;
}

/* --- its answer ---------------------------------------------------------------------------------
 */

/* In the library's thread: copy out, or sleep until something came. */
static ssize_t read_answer(void *ctx, uint64_t pos, char *to, size_t max)
{
	struct call *call = ctx;
	size_t n;
	ssize_t r;

	(void)pos;
	pthread_mutex_lock(&call->relay->lock);
	n = call->buf.len - call->at;
	n = n < max ? n : max;
	r = (ssize_t)n;
	if (n) {
		memcpy(to, call->buf.data + call->at, n);
		call->at += n;
		pthread_cond_signal(&call->taken);
	} else if (call->done) {
		r = call->error ? MHD_CONTENT_READER_END_WITH_ERROR
				: MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		call->sleeps = true;
		MHD_suspend_connection(call->mhd);
	}
	pthread_mutex_unlock(&call->relay->lock);
	return r;
}

static void end_answer(void *ctx)
{
	struct call *call = ctx;
	struct fb_relay *relay = call->relay;

	pthread_mutex_lock(&relay->lock);
	let_go(call);
	pthread_mutex_unlock(&relay->lock);
}

/* What is there already and has its end needs no reader. */
static int answer_whole(struct fb_request *req, struct call *call)
{
	fb_buf_add(&req->reply.body, call->buf.data + call->at, call->buf.len - call->at);
	return fb_buf_error(&req->reply.body);
}

static int answer_as_it_comes(struct fb_request *req, struct call *call)
{
	req->reply.response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_answer,
								call, end_answer);
	if (!req->reply.response)
		return -ENOMEM;
	call->refs++;
	MHD_set_connection_option(req->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	fb_conn_phase(req->conn, FB_PHASE_STREAM);
	return 0;
}

/* With the lock. */
static int answer(struct fb_request *req, struct call *call)
{
	int r;

	if (call->done && call->error && !call->status) {
		fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "2");
		fb_reply_problem(req, 502, "no-daemon", "flowbpf at %s does not answer: %.200s",
				 call->relay->to.socket ? call->relay->to.socket
							: call->relay->to.url,
				 call->why);
		return 0;
	}
	r = call->done && !call->error ? answer_whole(req, call) : answer_as_it_comes(req, call);
	req->reply.status = call->status;
	req->reply.type = *call->value[CONTENT_TYPE] ? call->value[CONTENT_TYPE] : NULL;
	for (size_t i = CONTENT_TYPE + 1; i < N_PASSED; i++)
		if (*call->value[i])
			fb_reply_header(req, passed[i], "%s", call->value[i]);
	return r;
}

/* --- its request --------------------------------------------------------------------------------
 */

static int too_many(struct fb_request *req)
{
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "2");
	fb_reply_problem(req, 503, "busy", "%d requests, or %d streams of yours, are on their way",
			 FB_RELAY_MAX, FB_RELAY_STREAMS);
	return 0;
}

/* With the lock. Streams stay: nobody has so many that others find no room. */
static bool may_start(const struct fb_relay *relay, const struct call *call)
{
	unsigned int of_source = 0;

	for (const struct call *other = relay->calls; other; other = other->next)
		of_source += other->is_stream && other->source == call->source;
	return !relay->stopping && relay->n_calls < FB_RELAY_MAX &&
	       (!call->is_stream || of_source < FB_RELAY_STREAMS);
}

/* With the lock: into the list, with a thread. 0 or -errno. */
static int start(struct fb_relay *relay, struct call *call)
{
	pthread_t thread;
	int r;

	if (!may_start(relay, call))
		return -EBUSY;
	r = -pthread_create(&thread, NULL, run, call);
	if (r < 0)
		return r;
	pthread_detach(thread);
	call->refs++;
	call->next = relay->calls;
	if (call->next)
		call->next->prev = call;
	relay->calls = call;
	relay->n_calls++;
	return 0;
}

static struct call *new_call(struct fb_request *req)
{
	struct call *call = calloc(1, sizeof(*call));
	pthread_condattr_t attr;

	if (!call)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&call->taken, &attr);
	pthread_condattr_destroy(&attr);
	call->relay = req->ctx;
	call->refs = 1;
	call->req = req;
	call->mhd = req->mhd;
	call->source = req->source;
	call->is_stream = !strncmp(req->route->path, "/api/v1/stream", 14);
	if (req->by_session)
		snprintf(call->session, sizeof(call->session), "%s", fb_auth_session(req));
	if (fill(call, req))
		return call;
	free_call(call);
	return NULL;
}

static int begin(struct fb_request *req)
{
	struct fb_relay *relay = req->ctx;
	struct call *call = new_call(req);
	int r;

	if (!call)
		return -ENOMEM;
	pthread_mutex_lock(&relay->lock);
	r = start(relay, call);
	if (r == 0) {
		call->waits = true;
		req->waited = call;
		fb_request_wait(req);
	} else {
		let_go(call);
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
	r = answer(req, req->waited);
	pthread_mutex_unlock(&relay->lock);
	return r;
}

static void end(struct fb_request *req)
{
	struct fb_relay *relay = req->ctx;
	struct call *call = TAKE_PTR(req->waited);

	pthread_mutex_lock(&relay->lock);
	call->req = NULL;
	call->stop = true;
	pthread_cond_signal(&call->taken);
	let_go(call);
	pthread_mutex_unlock(&relay->lock);
}

/* Logins and links are those of this server, and what problems mean it knows itself. */
static bool is_elsewhere(struct fb_request *req)
{
	const char *path = req->route->path;

	return !(req->route->flags & FB_ROUTE_OPEN) && strcmp(path, "/api/v1/login") != 0 &&
	       strcmp(path, "/api/v1/openapi.json") != 0;
}

/* --- life ---------------------------------------------------------------------------------------
 */

int fb_relay_new(const struct fb_relay_to *to, struct fb_relay **ret_relay)
{
	struct fb_relay *relay = calloc(1, sizeof(*relay));
	pthread_condattr_t attr;

	if (!relay)
		return -ENOMEM;
	relay->to = *to;
	relay->api.is_hub = to->is_hub;
	pthread_mutex_init(&relay->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&relay->ended, &attr);
	pthread_condattr_destroy(&attr);
	*ret_relay = relay;
	return 0;
}

/* With the lock: its thread ends within a second, and with it what is read of it. */
static void end_call(struct call *call)
{
	call->stop = true;
	pthread_cond_signal(&call->taken);
}

static void session_changed(void *ctx, const char *session, enum fb_role role)
{
	struct fb_relay *relay = ctx;

	if (role != FB_ROLE_NONE)
		return;
	pthread_mutex_lock(&relay->lock);
	for (struct call *call = relay->calls; call; call = call->next)
		if (!strcmp(call->session, session))
			end_call(call);
	pthread_mutex_unlock(&relay->lock);
}

void fb_relay_serve(struct fb_relay *relay, struct fb_http *http)
{
	struct fb_route_table tables[] = {fb_api_table(&relay->api), fb_stream_table(NULL)};

	relay->api.http = http;
	fb_http_on_session(http, session_changed, relay);
	for (int i = 0; i < 2; i++) {
		tables[i].ctx = relay;
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
	for (struct call *call = relay->calls; call; call = call->next)
		end_call(call);
	while (relay->n_calls && r == 0)
		r = pthread_cond_timedwait(&relay->ended, &relay->lock, &until);
	pthread_mutex_unlock(&relay->lock);
}

void fb_relay_free(struct fb_relay *relay)
{
	/* who still waits for an answer, past all patience, has it for good */
	if (!relay || relay->n_calls)
		return;
	pthread_cond_destroy(&relay->ended);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
}
