/* SPDX-License-Identifier: BSD-2-Clause */
/* Server, API and streams together; see the header. */
#include "live/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/previews.h"
#include "api/routes.h"
#include "api/summary.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "live/hub.h"
#include "live/stream.h"
#include "policy/anonymised.h"
#include "store/pastpool.h"
#include "util/log.h"
#include "util/cleanup.h"
#include "util/why.h"

struct fb_web {
	struct fb_api api;
	struct fb_hub *hub;
	struct fb_anonymised viewers;
};

/* A login that ends takes its streams with it. */
static void session_changed(void *ctx, const char *session, enum fb_role role)
{
	struct fb_web *web = ctx;

	if (role == FB_ROLE_NONE)
		fb_hub_end_session(web->hub, session);
	else
		fb_info("api", "a session with role %s began",
			role == FB_ROLE_OPERATOR ? "operator" : "viewer");
}

static int new_past(struct fb_api *api, const char *folder)
{
	return folder ? fb_pastpool_new(folder, &api->past) : 0;
}

int fb_web_new(const struct fb_http_opts *opts, struct fb_engine *engine, struct fb_web **ret_web,
	       struct fb_why *why)
{
	struct fb_web *web = calloc(1, sizeof(*web));
	struct fb_route_table table;
	struct fb_http *http = NULL;
	int r;

	/* The server first: it takes the listeners, whatever else fails. */
	r = fb_http_new(opts, &http, why);
	if (r || !web) {
		fb_http_free(http);
		free(web);
		return r ? r : -ENOMEM;
	}
	web->api.http = http;
	web->api.engine = engine;
	web->api.summary = fb_summary_cache_new();
	web->api.previews = fb_previews_new();
	if (!web->api.summary || !web->api.previews || fb_hub_new(&web->api, &web->hub) ||
	    new_past(&web->api, fb_engine_history_dir(engine)) < 0) {
		fb_why_set(why, 0, "memory is short");
		fb_web_free(web);
		return -ENOMEM;
	}
	table = fb_api_table(&web->api);
	fb_http_serve(http, &table);
	table = fb_stream_table(web->hub);
	fb_http_serve(http, &table);
	fb_http_on_session(http, session_changed, web);
	*ret_web = web;
	return 0;
}

int fb_web_start(struct fb_web *web, struct fb_why *why)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	uint8_t key[FB_CRYPTOPAN_KEY];
	int r;

	if (!status)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	fb_engine_anonymise_key(web->api.engine, key);
	fb_anonymised_init(&web->viewers, fb_engine_anonymise_viewers(web->api.engine), key);
	explicit_bzero(key, sizeof(key));
	web->api.viewers = &web->viewers;
	r = fb_hub_start(web->hub);
	if (r == 0 && web->api.past)
		r = fb_pastpool_start(web->api.past);
	if (r)
		return fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	fb_engine_status(web->api.engine, status);
	web->api.boot_id = status->boot_id;
	return fb_http_start(web->api.http, status->boot_id, why);
}

void fb_web_free(struct fb_web *web)
{
	if (!web)
		return;
	fb_http_quiesce(web->api.http);
	fb_pastpool_stop(web->api.past);
	fb_hub_stop(web->hub); /* a suspended connection must not meet the server's end */
	fb_http_free(web->api.http);
	fb_hub_free(web->hub);
	fb_pastpool_free(web->api.past);
	fb_previews_free(web->api.previews);
	fb_summary_cache_free(web->api.summary);
	if (web->api.viewers)
		fb_anonymised_fini(web->api.viewers);
	free(web);
}

int fb_web_reread_tls(struct fb_web *web, struct fb_why *why)
{
	return fb_http_reread_tls(web->api.http, why);
}

void fb_web_tick(void *ctx)
{
	struct fb_web *web = ctx;

	fb_hub_tick(web->hub);
}

const char *fb_web_url(struct fb_web *web, char *buf, size_t len)
{
	return fb_http_url(web->api.http, FB_ROLE_OPERATOR, buf, len);
}
