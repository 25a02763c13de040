/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams' HTTP side: begin, read, end, and the views that a page asks for. */
#include "live/stream.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <microhttpd.h>

#include "engine/engine.h"
#include "engine/journal.h"
#include "http/auth.h"
#include "http/conn.h"
#include "http/counters.h"
#include "http/reply.h"
#include "live/events.h"
#include "live/hub_priv.h"
#include "live/view.h"
#include "util/jsonin.h"
#include "util/cleanup.h"

/* In the library's thread: copy out, or sleep until the hub has something. */
static ssize_t read_stream(void *ctx, uint64_t pos, char *buf, size_t max)
{
	struct fb_client *client = ctx;
	struct fb_hub *hub = client->hub;
	ssize_t n;

	(void)pos;
	pthread_mutex_lock(&hub->lock);
	n = (ssize_t)fb_client_take(client, buf, max);
	if (n)
		client->drained_ms = fb_conn_now_ms();
	else if (hub->stopping || client->over)
		n = MHD_CONTENT_READER_END_OF_STREAM;
	else if (fb_conn_is_cut(client->conn))
		n = MHD_CONTENT_READER_END_WITH_ERROR;
	if (!n) {
		client->suspended = true;
		MHD_suspend_connection(client->mhd);
	}
	pthread_mutex_unlock(&hub->lock);
	return n;
}

static void end_stream(void *ctx)
{
	struct fb_client *client = ctx;
	struct fb_hub *hub = client->hub;

	pthread_mutex_lock(&hub->lock);
	if (client->prev)
		client->prev->next = client->next;
	else
		hub->clients = client->next;
	if (client->next)
		client->next->prev = client->prev;
	hub->n_clients--;
	hub->n_anonymised -= client->anonymised;
	atomic_fetch_sub(&hub->counters->streams, 1);
	for (unsigned int i = 0; i < FB_CLIENT_VIEWS; i++)
		if (client->views[i].name[0])
			fb_hub_view_put(hub, client->views[i].view);
	fb_client_fini(client);
	pthread_mutex_unlock(&hub->lock);
	free(client);
}

/* Whose stream it is: the login's session, or what the page calls itself. */
static bool name_session(struct fb_request *req, char session[static FB_CLIENT_SESSION])
{
	const char *cookie = req->by_session ? fb_auth_session(req) : NULL;
	const char *own = fb_param(req, "session");

	session[0] = '\0';
	if (own && strlen(own) > 36) {
		fb_reply_param(req, "session", "is longer than 36 characters");
		return false;
	}
	if (cookie)
		fb_hub_cookie_session(cookie, session);
	else if (own)
		snprintf(session, FB_CLIENT_SESSION, "p:%.36s", own);
	return true;
}

/* With the lock: may one more stream begin? Answers if not. */
static bool may_begin(struct fb_request *req, struct fb_hub *hub, const char *session)
{
	unsigned int of_session = 0;

	for (struct fb_client *client = hub->clients; client && *session; client = client->next)
		of_session += !strcmp(client->session, session);
	if (of_session < FB_HUB_PER_SESSION && hub->n_clients < FB_HUB_CLIENTS && !hub->stopping)
		return true;
	atomic_fetch_add(&hub->counters->stream_refused, 1);
	if (of_session >= FB_HUB_PER_SESSION) {
		req->reply.status = 204; /* an EventSource then stops for good */
		return false;
	}
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "10");
	fb_reply_problem(req, 503, "too-many-streams", "%u streams are open, no more are served",
			 hub->n_clients);
	return false;
}

/* Log entries after the last that the page had, when it saw this very daemon. */
static void resume_log(struct fb_request *req, struct fb_client *client)
{
	const struct fb_api *api = client->hub->api;
	const char *last = fb_request_header(req, "Last-Event-ID");
	unsigned long long boot = 0, seq = 0;
	char *dash = NULL, *end = NULL;
	struct fb_journal_entry entries[16];
	struct fb_journal *journal = fb_engine_journal(api->engine);
	unsigned int n;

	if (last)
		boot = strtoull(last, &dash, 16);
	if (dash && *dash == '-')
		seq = strtoull(dash + 1, &end, 10);
	if (end && end > dash + 1 && !*end && boot == api->boot_id) {
		client->log_seq = seq;
		return;
	}
	while ((n = fb_journal_read(journal, client->log_seq, entries, 16)))
		client->log_seq = entries[n - 1].seq;
}

static struct fb_client *begin_client(struct fb_request *req, const char *session)
{
	struct fb_hub *hub = req->ctx;
	struct fb_client *client = calloc(1, sizeof(*client));
	unsigned char random[16];

	if (!client)
		return NULL;
	while (getrandom(random, sizeof(random), 0) != sizeof(random))
		;
	for (int i = 0; i < 16; i++)
		snprintf(client->sid + 2 * i, 3, "%02x", random[i]);
	snprintf(client->session, sizeof(client->session), "%s", session);
	client->hub = hub;
	client->hub_boot = hub->api->boot_id;
	client->conn = req->conn;
	client->mhd = req->mhd;
	client->anonymised = req->anonymised;
	client->by_header = req->by_header != 0;
	client->drained_ms = client->sent_ms = fb_conn_now_ms();
	resume_log(req, client);
	return client;
}

static bool view_name_ok(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return len >= 1 && len <= FB_CLIENT_VIEW_NAME;
}

/* A view from its JSON; NULL after answering. */
static struct fb_view *parse_view(struct fb_request *req, const char *text, size_t len,
				  char name[static FB_CLIENT_VIEW_NAME + 1])
{
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_params_error error = {.detail = ""};
	const char *given = "v1";
	struct fb_view *view = NULL;
	int r;

	if (!fb_reply_read_json(req, text, len, &in))
		return NULL;
	fb_jsonin_str(in, "view", &given);
	if (!view_name_ok(given))
		fb_jsonin_fail(in, "view", "must be 1 to 48 letters, digits, dots, - or _");
	r = fb_view_new(in, &error, &view);
	if (fb_reply_check_json(req, in)) {
		if (!r) {
			view->spec.query.source = req->source;
			memcpy(name, given, strlen(given) + 1);
			return view;
		}
		if (error.detail[0])
			fb_reply_filter_error(req, error.parameter, error.offset, error.length,
					      error.detail, error.suggestion);
		else
			fb_reply_no_memory(req);
	}
	fb_view_free(view);
	return NULL;
}

/* With the lock: the shared view of that key, or this one added to the list; NULL: too many. */
static struct fb_view *share_view(struct fb_hub *hub, struct fb_view *view)
{
	for (struct fb_view *other = hub->views; other && !view->hold; other = other->next) {
		if (other->hold || other->anonymised != view->anonymised ||
		    strcmp(other->key, view->key) != 0)
			continue;
		fb_view_free(view);
		other->refs++;
		return other;
	}
	if (hub->n_views == FB_HUB_VIEWS_TOTAL) {
		fb_view_free(view);
		return NULL;
	}
	view->refs = 1;
	view->next = hub->views;
	if (view->next)
		view->next->prev = view;
	hub->views = view;
	hub->n_views++;
	return view;
}

/* With the lock: give `view` to the client under `name`; consumed. 0, -ENOSPC. */
static int set_view(struct fb_hub *hub, struct fb_client *client, const char *name,
		    struct fb_view *view)
{
	struct fb_client_view *mine = fb_client_view(client, name, true);
	struct fb_view *old;

	if (!mine) {
		fb_view_free(view);
		return -ENOSPC;
	}
	old = mine->view;
	view->anonymised = client->anonymised;
	view = share_view(hub, view);
	if (!view) {
		if (!old)
			mine->name[0] = '\0';
		return -ENOSPC;
	}
	if (view->hold && old) {
		view->held_from = old;
		old->refs++;
	}
	mine->view = view;
	mine->has = 0;
	mine->number = ++client->numbers;
	view->want_full = true;
	hub->kicked = true;
	fb_hub_view_put(hub, old);
	pthread_cond_signal(&hub->wake);
	return 0;
}

static void no_room(struct fb_request *req)
{
	fb_reply_problem(req, 503, "too-many-views", "there is no room for one more view");
}

static int begin_response(struct fb_request *req, struct fb_client *client)
{
	struct fb_hub *hub = req->ctx;

	MHD_set_connection_option(req->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	req->reply.response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 512, read_stream,
								client, end_stream);
	if (!req->reply.response) {
		end_stream(client);
		return -ENOMEM;
	}
	fb_conn_phase(req->conn, FB_PHASE_STREAM);
	fb_reply_header(req, "X-Accel-Buffering", "no");
	req->reply.status = 200;
	req->reply.type = "text/event-stream";
	pthread_mutex_lock(&hub->lock);
	hub->kicked = true;
	pthread_cond_signal(&hub->wake);
	pthread_mutex_unlock(&hub->lock);
	return 0;
}

/* Into the hub's list, with a first view if there is one; consumed. False after answering. */
static bool add_client(struct fb_request *req, struct fb_client *client, const char *name,
		       struct fb_view *view)
{
	struct fb_hub *hub = client->hub;
	bool begun;

	pthread_mutex_lock(&hub->lock);
	begun = may_begin(req, hub, client->session);
	if (begun && view && set_view(hub, client, name, TAKE_PTR(view))) {
		no_room(req);
		begun = false;
	}
	if (begun) {
		client->next = hub->clients;
		if (client->next)
			client->next->prev = client;
		hub->clients = client;
		hub->n_clients++;
		hub->n_anonymised += client->anonymised;
		atomic_fetch_add(&hub->counters->streams, 1);
	}
	pthread_mutex_unlock(&hub->lock);
	fb_view_free(view);
	return begun;
}

static int begin_stream(struct fb_request *req)
{
	struct fb_hub *hub = req->ctx;
	const char *text = fb_param(req, "view");
	char name[FB_CLIENT_VIEW_NAME + 1], session[FB_CLIENT_SESSION];
	struct fb_view *view = NULL;
	struct fb_client *client;

	if (!strcmp(req->method, "HEAD")) {
		req->reply.status = 200;
		req->reply.type = "text/event-stream";
		return 0;
	}
	if (!name_session(req, session))
		return 0;
	view = text ? parse_view(req, text, strlen(text), name) : NULL;
	if (text && !view)
		return 0;
	client = begin_client(req, session);
	if (!client) {
		fb_view_free(view);
		return -ENOMEM;
	}
	fb_events_hello(client, hub->api, req->role >= FB_ROLE_OPERATOR);
	if (add_client(req, client, name, view)) {
		/* who came into the list while the login ended was not found there */
		if (req->by_session && !fb_auth_is_session(req->http, fb_auth_session(req)))
			fb_hub_end_session(hub, fb_auth_session(req));
		if (!fb_auth_is_current(req))
			fb_hub_end_session(hub, "");
		return begin_response(req, client);
	}
	fb_client_fini(client);
	free(client);
	return 0;
}

/* With the lock. */
static struct fb_client *find_client(struct fb_hub *hub, const char *sid)
{
	struct fb_client *client = hub->clients;

	while (client && strcmp(client->sid, sid) != 0)
		client = client->next;
	return client;
}

static void no_stream(struct fb_request *req)
{
	fb_reply_problem(req, 404, "no-such-stream", "there is no stream of that id");
}

static int put_view(struct fb_request *req)
{
	struct fb_hub *hub = req->ctx;
	char name[FB_CLIENT_VIEW_NAME + 1];
	struct fb_client *client;
	struct fb_json *json;
	struct fb_view *view;
	uint32_t number = 0;
	int r = -ENOENT;

	view = parse_view(req, req->body.data, req->body.len, name);
	if (!view)
		return 0;
	pthread_mutex_lock(&hub->lock);
	client = find_client(hub, req->path_args[0]);
	if (client) {
		r = set_view(hub, client, name, view);
		number = client->numbers;
	}
	pthread_mutex_unlock(&hub->lock);
	if (!client) {
		fb_view_free(view);
		no_stream(req);
	} else if (r) {
		no_room(req);
	} else {
		json = fb_reply_json(req);
		fb_json_object(json);
		fb_json_kv_u64(json, "epoch", number);
		fb_json_end(json, '}');
		req->reply.status = 202;
	}
	return 0;
}

static int delete_view(struct fb_request *req)
{
	struct fb_hub *hub = req->ctx;
	struct fb_client_view *mine = NULL;
	struct fb_client *client;

	pthread_mutex_lock(&hub->lock);
	client = find_client(hub, req->path_args[0]);
	if (client)
		mine = fb_client_view(client, req->path_args[1], false);
	if (mine) {
		fb_hub_view_put(hub, mine->view);
		memset(mine, 0, sizeof(*mine));
	}
	pthread_mutex_unlock(&hub->lock);
	if (mine)
		req->reply.status = 204;
	else
		no_stream(req);
	return 0;
}

static const struct fb_route routes[] = {
	{"GET", "/api/v1/stream", begin_stream, FB_ROLE_VIEWER, FB_ROUTE_TELLS_NOBODY,
	 "view session"},
	{"PUT", "/api/v1/stream/{sid}/view", put_view, FB_ROLE_VIEWER,
	 FB_ROUTE_BODY | FB_ROUTE_TELLS_NOBODY, NULL},
	{"DELETE", "/api/v1/stream/{sid}/view/{view}", delete_view, FB_ROLE_VIEWER,
	 FB_ROUTE_TELLS_NOBODY, NULL},
};

struct fb_route_table fb_stream_table(struct fb_hub *hub)
{
	return (struct fb_route_table){
		.routes = routes,
		.n = sizeof(routes) / sizeof(*routes),
		.ctx = hub,
	};
}
