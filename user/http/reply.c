/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers; see the header. */
#include "http/reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "http/conn.h"
#include "http/http_priv.h"
#include "http/route.h"
#include "util/cleanup.h"
#include "util/jsonin.h"

#define GZIP_LEAST 1024

/* On every answer, whatever it is. */
static const struct {
	const char *name, *value;
} common_headers[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	 "img-src 'self' data:; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
	 "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Frame-Options", "DENY"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
};

bool fb_reply_is_alias(const struct fb_request *req)
{
	return req->route && (req->route->flags & FB_ROUTE_ALIAS);
}

static void reset(struct fb_request *req, unsigned int status, const char *type)
{
	fb_buf_clear(&req->reply.body);
	fb_json_init(&req->reply.json, &req->reply.body);
	req->reply.status = status;
	req->reply.type = type;
}

struct fb_json *fb_reply_json(struct fb_request *req)
{
	reset(req, 200, "application/json");
	return &req->reply.json;
}

/* The members that every problem has; the caller may add more and ends the object. */
static void problem(struct fb_request *req, unsigned int status, const char *code,
		    const char *detail)
{
	struct fb_json *json = &req->reply.json;

	reset(req, status, "application/problem+json");
	req->reply.tagged = false;
	fb_json_object(json);
	fb_json_key(json, "type");
	fb_json_strf(json, "/problems/%s", code);
	fb_json_kv_str(json, "title", MHD_get_reason_phrase_for(status));
	fb_json_kv_u64(json, "status", status);
	fb_json_kv_str(json, "detail", detail);
	fb_json_kv_str(json, "code", code);
	fb_json_kv_str(json, "request_id", req->id);
	if (fb_reply_is_alias(req)) {
		fb_json_kv_bool(json, "success", false);
		fb_json_kv_str(json, "error", detail);
	}
}

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list ap)
{
	struct fb_buf buf = FB_BUF_INIT;

	fb_buf_vaddf(&buf, fmt, ap);
	return fb_buf_take(&buf, NULL);
}

void fb_reply_problem(struct fb_request *req, unsigned int status, const char *code,
		      const char *fmt, ...)
{
	_cleanup_free_ char *detail = NULL;
	va_list ap;

	va_start(ap, fmt);
	detail = format(fmt, ap);
	va_end(ap);
	problem(req, status, code, detail);
	fb_json_end(&req->reply.json, '}');
}

void fb_reply_no_memory(struct fb_request *req)
{
	fb_reply_problem(req, 500, "out-of-memory", "memory is short");
}

static void begin_errors(struct fb_request *req)
{
	fb_json_kv_array(&req->reply.json, "errors");
	fb_json_object(&req->reply.json);
}

static void end_errors(struct fb_request *req)
{
	fb_json_end(&req->reply.json, '}');
	fb_json_end(&req->reply.json, ']');
	fb_json_end(&req->reply.json, '}');
}

void fb_reply_param(struct fb_request *req, const char *name, const char *fmt, ...)
{
	_cleanup_free_ char *detail = NULL, *whole = NULL;
	struct fb_buf buf = FB_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	detail = format(fmt, ap);
	va_end(ap);
	fb_buf_addf(&buf, "`%.64s`: %s", name, detail ? detail : "is wrong");
	whole = fb_buf_take(&buf, NULL);
	problem(req, 400, "bad-parameter", whole);
	begin_errors(req);
	fb_json_key(&req->reply.json, "parameter");
	fb_json_strn(&req->reply.json, name, strnlen(name, 64));
	fb_json_kv_str(&req->reply.json, "detail", detail);
	end_errors(req);
}

/* Where in a text of the user's, and what is wrong there. */
static void add_mistake(struct fb_json *json, unsigned int offset, unsigned int length,
			const char *detail)
{
	fb_json_kv_u64(json, "offset", offset);
	fb_json_kv_u64(json, "length", length);
	fb_json_kv_str(json, "detail", detail);
}

void fb_reply_rule_error(struct fb_request *req, unsigned int offset, unsigned int length,
			 const char *detail)
{
	problem(req, 400, "bad-rule", detail);
	begin_errors(req);
	add_mistake(&req->reply.json, offset, length, detail);
	end_errors(req);
}

void fb_reply_filter_error(struct fb_request *req, const char *parameter, unsigned int offset,
			   unsigned int length, const char *detail, const char *suggestion)
{
	struct fb_json *json = &req->reply.json;

	problem(req, 400, "bad-filter", detail);
	begin_errors(req);
	fb_json_kv_str(json, "parameter", parameter);
	add_mistake(json, offset, length, detail);
	fb_json_kv_array(json, "suggestions");
	if (suggestion && *suggestion)
		fb_json_str(json, suggestion);
	fb_json_end(json, ']');
	end_errors(req);
}

static void body_error(struct fb_request *req, const struct fb_jsonin_error *error)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	if (*error->pointer)
		fb_buf_addf(&buf, "`%.64s`: ", error->pointer + 1);
	fb_buf_addf(&buf, "%s", error->detail);
	fb_buf_addc(&buf, '\0');
	problem(req, 400, "bad-body", fb_buf_error(&buf) ? error->detail : buf.data);
	begin_errors(req);
	fb_json_kv_str(&req->reply.json, "pointer", error->pointer);
	fb_json_kv_str(&req->reply.json, "detail", error->detail);
	end_errors(req);
}

bool fb_reply_read_json(struct fb_request *req, const char *text, size_t len,
			struct fb_jsonin **ret_in)
{
	struct fb_jsonin_error error;
	int r = fb_jsonin_new(text ? text : "", len, ret_in, &error);

	if (r == -ENOMEM)
		fb_reply_no_memory(req);
	else if (r)
		body_error(req, &error);
	return r == 0;
}

bool fb_reply_check_json(struct fb_request *req, const struct fb_jsonin *in)
{
	const struct fb_jsonin_error *error = fb_jsonin_error(in);

	if (error)
		body_error(req, error);
	return !error;
}

void fb_reply_header(struct fb_request *req, const char *name, const char *fmt, ...)
{
	struct fb_reply *reply = &req->reply;
	char *value;
	va_list ap;

	if (reply->n_headers == FB_HTTP_HEADERS)
		return;
	va_start(ap, fmt);
	value = format(fmt, ap);
	va_end(ap);
	if (!value)
		return;
	value[strcspn(value, "\r\n")] = '\0';
	reply->headers[reply->n_headers].value = value;
	reply->headers[reply->n_headers++].name = name;
}

/* gzip is accepted unless it is named with q=0. */
static bool takes_gzip(const struct fb_request *req)
{
	const char *accept = fb_request_header(req, MHD_HTTP_HEADER_ACCEPT_ENCODING), *gzip;

	gzip = accept ? strcasestr(accept, "gzip") : NULL;
	if (!gzip)
		return false;
	gzip += 4;
	gzip += strspn(gzip, " ;");
	return strncmp(gzip, "q=0", 3) != 0 || strspn(gzip + 3, ".0") < strcspn(gzip + 3, ", ");
}

bool fb_reply_tag(struct fb_request *req, uint64_t boot_id, uint64_t epoch)
{
	const char *have = fb_request_header(req, MHD_HTTP_HEADER_IF_NONE_MATCH);

	snprintf(req->reply.etag, sizeof(req->reply.etag), "W/\"%08x-%llx-%llx\"",
		 (unsigned int)boot_id, (unsigned long long)epoch,
		 (unsigned long long)(req->target_hash ^ req->anonymised));
	req->reply.tagged = true;
	req->reply.epoch = epoch;
	if (have && strstr(have, req->reply.etag + 2)) {
		reset(req, 304, NULL);
		return true;
	}
	reset(req, 200, "application/json");
	req->reply.cached = epoch && !req->anonymised &&
			    fb_cache_get(&req->http->cache, epoch, req->whole, takes_gzip(req),
					 &req->reply.body, &req->reply.packed);
	if (req->reply.cached)
		atomic_fetch_add(&req->http->counters.cached, 1);
	return req->reply.cached;
}

/* Compress the body in place of itself; leaves it alone when anything fails. */
static bool compress_body(struct fb_buf *body)
{
	z_stream z = {.next_in = (Bytef *)body->data, .avail_in = (uInt)body->len};
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
	size_t bound;
	struct fb_buf plain;
	int r;

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	bound = deflateBound(&z, body->len);
	z.next_out = (Bytef *)fb_buf_reserve(&out, bound);
	z.avail_out = (uInt)bound;
	r = z.next_out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	out.len = z.total_out;
	deflateEnd(&z);
	if (r != Z_STREAM_END)
		return false;
	plain = *body;
	*body = out;
	out = plain;
	return true;
}

static void add_headers(struct fb_request *req, struct MHD_Response *response)
{
	const struct fb_reply *reply = &req->reply;
	bool cached = false;

	for (size_t i = 0; i < sizeof(common_headers) / sizeof(*common_headers); i++)
		MHD_add_response_header(response, common_headers[i].name, common_headers[i].value);
	MHD_add_response_header(response, "X-Request-Id", req->id);
	if (reply->type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	for (unsigned int i = 0; i < reply->n_headers; i++) {
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
		cached |= !strcmp(reply->headers[i].name, MHD_HTTP_HEADER_CACHE_CONTROL);
	}
	if (reply->tagged) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, reply->etag);
		MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding, Cookie");
	}
	if (!cached)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
					reply->tagged ? "no-cache" : "no-store");
	if (reply->close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

enum MHD_Result fb_reply_send(struct fb_request *req)
{
	struct fb_reply *reply = &req->reply;
	struct MHD_Response *response = TAKE_PTR(reply->response);
	enum MHD_Result result;

	if (reply->body.error)
		fb_reply_no_memory(req);
	if (!response) {
		size_t len = 0;
		char *data;

		if (!reply->cached && reply->body.len >= GZIP_LEAST && takes_gzip(req))
			reply->packed = compress_body(&reply->body);
		if (reply->tagged && reply->epoch && reply->status == 200 && !reply->cached &&
		    !req->anonymised &&
		    !fb_cache_put(&req->http->cache, reply->epoch, req->source, req->whole,
				  takes_gzip(req), &reply->body, reply->packed))
			atomic_fetch_add(&req->http->counters.cache_full, 1);
		data = fb_buf_take(&reply->body, &len);
		if (data)
			response =
				MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
		if (!response) {
			free(data);
			return MHD_NO;
		}
	}
	if (reply->packed)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	add_headers(req, response);
	result = MHD_queue_response(req->mhd, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

void fb_reply_fini(struct fb_reply *reply)
{
	fb_buf_fini(&reply->body);
	for (unsigned int i = 0; i < reply->n_headers; i++)
		free(reply->headers[i].value);
	reply->n_headers = 0;
	if (reply->response)
		MHD_destroy_response(reply->response);
	reply->response = NULL;
}
