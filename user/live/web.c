/* SPDX-License-Identifier: BSD-2-Clause */
/* Server, API and streams together; see the header. */
#include "live/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/fleethub.h"
#include "api/previews.h"
#include "api/routes.h"
#include "api/summary.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "live/hub.h"
#include "live/relay.h"
#include "live/stream.h"
#include "policy/anonymised.h"
#include "store/pastpool.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/cleanup.h"
#include "util/why.h"

struct fb_web {
	struct fb_api api;
	struct fb_hub *hub; /* NULL: of a fleet, without streams */
	struct fb_anonymised less;
	struct fb_fleethub *api_of_fleet; /* the tables that one has */
	struct fb_relay *sensors;	  /* borrowed; NULL: none is seen live here */
};

/* A login that ends takes its streams with it. */
static void session_changed(void *ctx, const char *session, enum fb_role role)
{
	struct fb_web *web = ctx;

	if (role == FB_ROLE_NONE)
		fb_hub_end_session(web->hub, session);
	else
		fb_info("api", "a session with role %s began", fb_role_word(role));
}

static int new_past(struct fb_api *api, const char *folder)
{
	return folder ? fb_pastpool_new(folder, &api->past) : 0;
}

/* The server first: it takes the listeners, whatever else fails. */
static int new_server(const struct fb_http_opts *opts, struct fb_web **ret_web, struct fb_why *why)
{
	struct fb_web *web = calloc(1, sizeof(*web));
	struct fb_http *http = NULL;
	int r = fb_http_new(opts, &http, why);

	if (r || !web) {
		fb_http_free(http);
		free(web);
		return r ? r : fb_why_set(why, -ENOMEM, "memory is short");
	}
	web->api.http = http;
	*ret_web = web;
	return 0;
}

static int fail(struct fb_web *web, struct fb_why *why)
{
	fb_web_free(web);
	return fb_why_set(why, -ENOMEM, "memory is short");
}

int fb_web_new(const struct fb_http_opts *opts, struct fb_engine *engine, struct fb_web **ret_web,
	       struct fb_why *why)
{
	struct fb_route_table table;
	struct fb_web *web;
	int r = new_server(opts, &web, why);

	if (r)
		return r;
	web->api.engine = engine;
	web->api.summary = fb_summary_cache_new();
	web->api.previews = fb_previews_new();
	if (!web->api.summary || !web->api.previews || fb_hub_new(&web->api, &web->hub) ||
	    new_past(&web->api, fb_engine_history_dir(engine)) < 0)
		return fail(web, why);
	table = fb_api_table(&web->api);
	fb_http_serve(web->api.http, &table);
	table = fb_stream_table(web->hub);
	fb_http_serve(web->api.http, &table);
	fb_http_on_session(web->api.http, session_changed, web);
	*ret_web = web;
	return 0;
}

int fb_web_new_fleet(const struct fb_http_opts *opts, const struct fb_web_fleet *fleet,
		     struct fb_web **ret_web, struct fb_why *why)
{
	struct fb_route_table table, streams;
	struct fb_web *web;
	int r = new_server(opts, &web, why);

	if (r)
		return r;
	web->api.is_hub = true;
	web->api.watch = fleet->watch;
	web->sensors = fleet->sensors;
	if (web->sensors)
		web->api.sensors = (struct fb_api_list){fb_relay_write, web->sensors};
	table = fb_api_table(&web->api);
	streams = fb_stream_table(NULL);
	if (fb_pastpool_new_of(fleet->source, &web->api.past) < 0 ||
	    fb_fleethub_new(&web->api_of_fleet) < 0 ||
	    fb_fleethub_serve(web->api_of_fleet, web->api.http, &table) < 0 ||
	    fb_fleethub_serve(web->api_of_fleet, web->api.http, &streams) < 0)
		return fail(web, why);
	if (web->sensors)
		fb_relay_serve(web->sensors, web->api.http);
	*ret_web = web;
	return 0;
}

/* A restart is another one, by which pages know that what they have is over. */
static int find_boot_id(struct fb_web *web)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));

	web->api.boot_id = (uint64_t)fb_wall_ms();
	if (!web->api.engine)
		return 0;
	if (!status)
		return -ENOMEM;
	fb_engine_status(web->api.engine, status);
	web->api.boot_id = status->boot_id;
	return 0;
}

/* Whom those who ask are not told of, as the engine was asked to; streams need it. */
static int start_live(struct fb_web *web)
{
	uint8_t key[FB_CRYPTOPAN_KEY];

	fb_engine_anonymise_key(web->api.engine, key);
	fb_anonymised_init(&web->less, fb_engine_anonymise_askers(web->api.engine), key);
	explicit_bzero(key, sizeof(key));
	web->api.less = &web->less;
	return fb_hub_start(web->hub);
}

int fb_web_start(struct fb_web *web, struct fb_why *why)
{
	int r = web->hub ? start_live(web) : 0;

	if (r == 0 && web->api.past)
		r = fb_pastpool_start(web->api.past);
	if (r == 0)
		r = find_boot_id(web);
	if (r)
		return fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	return fb_http_start(web->api.http, web->api.boot_id, why);
}

void fb_web_free(struct fb_web *web)
{
	if (!web)
		return;
	fb_http_quiesce(web->api.http);
	fb_pastpool_stop(web->api.past);
	fb_hub_stop(web->hub); /* a suspended connection must not meet the server's end */
	if (web->sensors)
		fb_relay_stop(web->sensors);
	fb_http_free(web->api.http);
	fb_hub_free(web->hub);
	fb_pastpool_free(web->api.past);
	fb_previews_free(web->api.previews);
	fb_summary_cache_free(web->api.summary);
	if (web->api.less)
		fb_anonymised_fini(web->api.less);
	fb_fleethub_free(web->api_of_fleet);
	free(web);
}

int fb_web_reread_tokens(struct fb_web *web, struct fb_why *why)
{
	return fb_http_reread_tokens(web->api.http, why);
}

int fb_web_reread_tls(struct fb_web *web, struct fb_why *why)
{
	return fb_http_reread_tls(web->api.http, why);
}

void fb_web_tick(void *ctx)
{
	struct fb_web *web = ctx;

	if (web->hub)
		fb_hub_tick(web->hub);
	else
		fb_http_sweep(web->api.http);
}

const char *fb_web_url(struct fb_web *web, char *buf, size_t len)
{
	return fb_http_url(web->api.http, FB_ROLE_ADMIN, buf, len);
}
