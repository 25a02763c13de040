/* SPDX-License-Identifier: BSD-2-Clause */
/* The embedded page; see the header. */
#include "http/assets.h"

#include <string.h>

#include "http/auth.h"
#include "http/http_priv.h"
#include "http/reply.h"

#define PAGE "/index.html"

static const struct fb_asset *find_asset(const char *path)
{
	for (const struct fb_asset *asset = fb_assets; asset->path; asset++)
		if (!strcmp(asset->path, path))
			return asset;
	return NULL;
}

static bool header_has(const struct fb_request *req, const char *name, const char *word)
{
	const char *value = fb_request_header(req, name);

	return value && strstr(value, word);
}

static void serve(struct fb_request *req, const struct fb_asset *asset)
{
	struct fb_reply *reply = &req->reply;
	bool gzip = asset->gzip && header_has(req, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip") &&
		    !header_has(req, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip;q=0");
	const unsigned char *data = gzip ? asset->gzip : asset->data;

	fb_reply_header(req, MHD_HTTP_HEADER_ETAG, "%s", asset->etag);
	fb_reply_header(req, MHD_HTTP_HEADER_VARY, "%s",
			asset->immutable ? "Accept-Encoding" : "Accept-Encoding, Cookie");
	fb_reply_header(req, MHD_HTTP_HEADER_CACHE_CONTROL, "%s",
			asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (header_has(req, MHD_HTTP_HEADER_IF_NONE_MATCH, asset->etag)) {
		reply->status = 304;
		return;
	}
	if (gzip)
		fb_reply_header(req, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	reply->status = 200;
	reply->type = asset->type;
	reply->response =
		MHD_create_response_from_buffer(gzip ? asset->gzip_len : asset->len,
						(void *)(uintptr_t)data, MHD_RESPMEM_PERSISTENT);
	if (!reply->response)
		fb_reply_no_memory(req);
}

static void serve_or_refuse(struct fb_request *req, const struct fb_asset *asset)
{
	if (asset)
		serve(req, asset);
	else
		fb_reply_problem(req, 404, "not-found", "there is nothing at this path");
}

/* The page names what it begins with to those who may read that, where it is the server's own. */
static const struct fb_asset *find_page(const struct fb_request *req)
{
	const struct fb_http *http = req->http;
	const bool is_own = fb_route_path(http->tables, http->n_tables, req->target) == req->target;

	if (!is_own || !fb_auth_may_read(req))
		return find_asset("/stranger.html");
	return find_asset(http->is_hub ? "/hub.html" : PAGE);
}

void fb_assets_serve(struct fb_request *req)
{
	const bool is_page = !strcmp(req->path, "/") || !strcmp(req->path, PAGE);
	const struct fb_asset *asset = is_page ? find_page(req) : find_asset(req->path);

	if (strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0) {
		fb_reply_header(req, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
		fb_reply_problem(req, 405, "method-not-allowed", "this path takes GET, HEAD");
		return;
	}
	if (!asset && header_has(req, MHD_HTTP_HEADER_ACCEPT, "text/html"))
		asset = find_page(req);
	serve_or_refuse(req, asset);
}

void fb_assets_serve_path(struct fb_request *req, const char *path)
{
	serve_or_refuse(req, find_asset(path));
}
