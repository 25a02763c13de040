/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/fleethub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/pastask.h"
#include "http/reply.h"
#include "http/server.h"

#define TABLES 2

struct fb_fleethub {
	struct fb_route *routes[TABLES];
	unsigned int n;
};

int fb_fleethub_new(struct fb_fleethub **ret_hub)
{
	*ret_hub = calloc(1, sizeof(**ret_hub));
	return *ret_hub ? 0 : -ENOMEM;
}

void fb_fleethub_free(struct fb_fleethub *hub)
{
	for (unsigned int i = 0; hub && i < hub->n; i++)
		free(hub->routes[i]);
	free(hub);
}

static int refuse(struct fb_request *req)
{
	fb_reply_problem(req, 501, "hub-cannot",
			 "this is a hub, which shows what sensors wrote: %s is asked of a sensor",
			 req->route->path);
	return 0;
}

static void refuse_route(struct fb_route *route)
{
	route->handle = refuse;
	route->flags &= ~(unsigned int)(FB_ROUTE_TAGGED | FB_ROUTE_FIXED);
}

int fb_fleethub_serve(struct fb_fleethub *hub, struct fb_http *http,
		      const struct fb_route_table *table)
{
	struct fb_route_table own = *table;
	struct fb_route *routes = malloc(table->n * sizeof(*routes));

	if (!routes || hub->n == TABLES) {
		free(routes);
		return routes ? -ENOSPC : -ENOMEM;
	}
	memcpy(routes, table->routes, table->n * sizeof(*routes));
	for (unsigned int i = 0; i < table->n; i++)
		if (!(routes[i].flags & FB_ROUTE_FLEET))
			refuse_route(&routes[i]);
	hub->routes[hub->n++] = routes;
	own.routes = routes;
	if (own.is_apart)
		own.is_apart = fb_pastask_is_all_there_is;
	fb_http_serve(http, &own);
	return 0;
}
