/* SPDX-License-Identifier: BSD-2-Clause */
/* A request's way; see the header. */
#include "http/dispatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/assets.h"
#include "http/auth.h"
#include "http/guard.h"
#include "http/http_priv.h"
#include "http/library.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/hash.h"
#include "util/cleanup.h"

void *fb_dispatch_begin(void *ctx, const char *target, struct MHD_Connection *mhd)
{
	struct fb_http *http = ctx;
	struct fb_request *req = calloc(1, sizeof(*req));
	uint64_t born[2];

	if (!req)
		return NULL;
	req->http = http;
	req->mhd = mhd;
	req->raw_start = target;
	req->raw_len = target ? strlen(target) : 0;
	req->target = strdup(target ? target : "");
	req->whole = strdup(target ? target : "");
	if (!req->target || !req->whole) {
		free(req->target);
		free(req->whole);
		free(req);
		return NULL;
	}
	req->target_hash = fb_hash_fixed(req->target, strlen(req->target));
	born[0] = http->seed;
	born[1] = atomic_fetch_add(&http->next_id, 1);
	snprintf(req->id, sizeof(req->id), "%016llx",
		 (unsigned long long)fb_hash_fixed(born, sizeof(born)));
	fb_json_init(&req->reply.json, &req->reply.body);
	return req;
}

struct headers {
	struct fb_guard_header list[FB_GUARD_HEADERS];
	unsigned int n, all;
};

static enum MHD_Result collect(void *ctx, enum MHD_ValueKind kind, const char *name,
			       size_t name_len, const char *value, size_t value_len)
{
	struct headers *headers = ctx;

	(void)kind;
	headers->all++;
	if (headers->n < FB_GUARD_HEADERS)
		headers->list[headers->n++] =
			(struct fb_guard_header){name, value ? value : "", name_len, value_len};
	return MHD_YES;
}

/* What the library read, beside the bytes it read it from. */
static struct fb_guard_verdict judge_bytes(struct fb_request *req, const char *method,
					   const struct headers *headers)
{
	const union MHD_ConnectionInfo *size =
		MHD_get_connection_info(req->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	/* the walk needs the method and target where the library found them, side by side */
	if (!size || method + strlen(method) + 1 != req->raw_start)
		return (struct fb_guard_verdict){400, "bad-request",
						 "the request line is malformed"};
	return fb_guard_head(method, size->header_size, req->raw_len, headers->list, headers->n);
}

static struct fb_guard_verdict judge_head(struct fb_request *req, const char *method,
					  const char *version)
{
	struct headers headers = {.n = 0};
	struct fb_guard_verdict verdict = {0};

	MHD_get_connection_values_n(req->mhd, MHD_HEADER_KIND, collect, &headers);
	if (headers.all > FB_GUARD_HEADERS)
		return (struct fb_guard_verdict){431, "too-many-headers", "more than 64 headers"};
	if (!fb_library_is_strict())
		verdict = judge_bytes(req, method, &headers);
	if (!verdict.status)
		verdict = fb_guard_words(method, version, headers.list, headers.n);
	if (verdict.status)
		return verdict;
	return fb_guard_framing(req->target, headers.list, headers.n);
}

/* The library's own pages lack our headers, and a refused connection is never used again. */
static bool refuse(struct fb_request *req, unsigned int status, const char *code,
		   const char *detail)
{
	atomic_fetch_add(&req->http->counters.refused, 1);
	fb_reply_problem(req, status, code, "%s", detail);
	req->reply.close = true;
	return false;
}

/* Whose it is; the route's own arguments are cut out already. */
static void take_table(struct fb_request *req)
{
	const char *under = req->table->under;
	size_t len;
	char *rest = under ? fb_route_behind(under, req->target, &len) : NULL;

	req->ctx = req->table->ctx;
	if (!rest)
		return;
	/* its route was found behind it, so there is a slash */
	*rest = '\0';
	req->under = rest - len;
}

static bool is_of_api(const struct fb_request *req)
{
	const char *path = fb_route_path(req->http->tables, req->http->n_tables, req->target);

	return !strncmp(path, "/api/", 5) || !strcmp(path, "/api");
}

static bool find_route(struct fb_request *req)
{
	char allow[64];
	bool is_api;

	if (fb_guard_decode(req->target, false) || fb_guard_odd_path(req->target)) {
		fb_reply_problem(req, 404, "not-found", "there is nothing at this path");
		return false;
	}
	req->path = req->target;
	is_api = is_of_api(req);
	req->route = fb_route_find(req->http->tables, req->http->n_tables, req->method, req->target,
				   req->path_args, &req->table, allow);
	if (req->route) {
		take_table(req);
		return fb_auth_check(req) && fb_route_params(req, req->query);
	}
	if (!*allow && !is_api) {
		fb_assets_serve(req);
		return false;
	}
	if (!*allow) {
		fb_reply_problem(req, 404, "not-found", "there is nothing at this path");
		return false;
	}
	fb_reply_header(req, MHD_HTTP_HEADER_ALLOW, "%s", allow);
	fb_reply_problem(req, 405, "method-not-allowed", "this path takes %s", allow);
	return false;
}

static size_t body_max(const struct fb_request *req)
{
	return req->route && req->route->flags & FB_ROUTE_LARGE ? FB_HTTP_FILE_MAX
								: FB_HTTP_BODY_MAX;
}

static bool check_body(struct fb_request *req)
{
	const char *length = fb_request_header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *type = fb_request_header(req, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (!length || !strcmp(length, "0"))
		return true;
	if (!(req->route->flags & FB_ROUTE_BODY)) {
		fb_reply_problem(req, 400, "no-body-here", "this request takes no body");
		return false;
	}
	if (strlen(length) > 9 || strtoul(length, NULL, 10) > body_max(req)) {
		fb_reply_problem(req, 413, "body-too-large", "a body has at most %zu bytes",
				 body_max(req));
		return false;
	}
	if (!type || strncasecmp(type, "application/json", 16) != 0 ||
	    (type[16] && !strchr("; ", type[16]))) {
		fb_reply_problem(req, 415, "not-json", "Content-Type must be application/json");
		return false;
	}
	return true;
}

/* Judge the head. True: a handler is to be called, when the body is there. */
static bool admit(struct fb_request *req, const char *method, const char *version)
{
	struct fb_guard_verdict verdict = judge_head(req, method, version);

	req->method = method;
	if (verdict.status)
		return refuse(req, verdict.status, verdict.code, verdict.detail);
	if (!fb_auth_host(req))
		return refuse(req, 421, "wrong-host",
			      "this server does not answer for that Host; see --host");
	req->query = strchr(req->target, '?');
	if (req->query)
		*req->query++ = '\0';
	return find_route(req) && check_body(req);
}

static enum MHD_Result answer(struct fb_request *req)
{
	atomic_fetch_add(&req->http->counters.requests, 1);
	if (req->conn->phase != FB_PHASE_STREAM)
		fb_conn_phase(req->conn, FB_PHASE_REPLY);
	return fb_reply_send(req);
}

/* An answer about an edition: what the client or the cache has of it is not made again. */
static int handle_tagged(struct fb_request *req)
{
	const struct fb_route_table *table = req->table;
	uint64_t epoch = 0;
	int r = 0;

	if (!(req->route->flags & FB_ROUTE_FIXED))
		req->edition = table->take(req, &epoch);
	if (!req->edition && !(req->route->flags & FB_ROUTE_FIXED))
		return -ENOMEM;
	if (!fb_reply_tag(req, req->http->boot_id, epoch))
		r = req->route->handle(req);
	if (req->edition)
		table->put(TAKE_PTR(req->edition));
	return r;
}

static int handle_route(struct fb_request *req)
{
	const struct fb_route_table *table = req->table;
	const bool tagged = req->route->flags & (FB_ROUTE_TAGGED | FB_ROUTE_FIXED);

	if (fb_auth_login_waited(req))
		return req->route->handle(req);
	if (req->waited || (table->is_apart && table->is_apart(req)))
		return table->handle_apart(req);
	return tagged ? handle_tagged(req) : req->route->handle(req);
}

static void handle(struct fb_request *req)
{
	int r = handle_route(req);

	if (r == -ENOMEM)
		fb_reply_no_memory(req);
	else if (r)
		fb_reply_problem(req, 500, "internal", "%s", strerror(-r));
}

enum MHD_Result fb_dispatch(void *ctx, struct MHD_Connection *mhd, const char *url,
			    const char *method, const char *version, const char *data,
			    size_t *data_len, void **state)
{
	struct fb_request *req = *state;
	const union MHD_ConnectionInfo *info;
	const char *length;
	bool body;

	(void)ctx, (void)url;
	if (!req)
		return MHD_NO; /* no memory when it began */
	if (!req->started) {
		req->started = true;
		info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
		if (!info || !info->socket_context)
			return MHD_NO;
		req->conn = info->socket_context;
		req->failed = !admit(req, method, version);
		length = fb_request_header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
		body = length && strcmp(length, "0") != 0;
		if (req->failed && (body || req->reply.close))
			return answer(req); /* now: the library then ends the connection */
		if (body)
			fb_conn_phase(req->conn, FB_PHASE_BODY);
		return MHD_YES;
	}
	if (*data_len) {
		if (req->body.len + *data_len <= body_max(req))
			fb_buf_add(&req->body, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	}
	if (req->waiting)
		fb_conn_phase(req->conn, FB_PHASE_BODY);
	req->waiting = false;
	if (!req->failed)
		handle(req);
	return req->waiting ? MHD_YES : answer(req);
}

void fb_dispatch_end(void *ctx, struct MHD_Connection *mhd, void **state,
		     enum MHD_RequestTerminationCode code)
{
	struct fb_request *req = *state;

	(void)ctx, (void)mhd;
	if (!req)
		return;
	if (req->conn && code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
		fb_conn_timed_out(req->conn);
	if (req->conn)
		fb_conn_phase(req->conn, FB_PHASE_HEAD);
	if (req->waited)
		req->table->end_apart(req);
	fb_auth_login_forget(req);
	fb_reply_fini(&req->reply);
	fb_buf_fini(&req->body);
	free(req->target);
	free(req->whole);
	free(req);
	*state = NULL;
}
