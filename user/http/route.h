/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of everything that can be asked for: one line a route. It also answers which methods
 * a path has and which parameters a route knows, and tests hold the OpenAPI document against it.
 */
#pragma once

#include "http/request.h"

enum fb_route_flag {
	FB_ROUTE_TAGGED = 1 << 0, /* changes only with the snapshot: ETag and 304 */
	FB_ROUTE_ALIAS = 1 << 1,  /* another dashboard's path: {"success":...} around the data */
	FB_ROUTE_BODY = 1 << 2,	  /* takes a JSON body */
	FB_ROUTE_OPEN = 1 << 3,	  /* answers without login */
};

struct fb_api_route {
	const char *method; /* GET stands for HEAD too */
	const char *path;   /* {x} matches one segment */
	void (*handle)(struct fb_api_request *req);
	enum fb_role role;
	unsigned int flags;
	const char *params; /* known query parameters, by blanks; NULL: none */
};

extern const struct fb_api_route fb_api_routes[];
extern const unsigned int fb_api_n_routes;

/*
 * Match `path`, which is cut apart in place when it has arguments. Returns the route; or NULL with
 * the methods that the path does have in `allow` ("GET, HEAD"), empty when there is no such path.
 */
const struct fb_api_route *fb_route_find(const struct fb_api_route *routes, unsigned int n,
					 const char *method, char *path,
					 const char *args[static FB_API_PATH_ARGS],
					 char allow[static 64]);

/*
 * Cut `query` (may be NULL) into the request's parameters; unknown, doubled or malformed ones make
 * an error answer and return false.
 */
bool fb_route_params(struct fb_api_request *req, char *query);

/* The value of a parameter, NULL if it is absent or empty. */
const char *fb_param(const struct fb_api_request *req, const char *name);

/* A whole number; `fallback` when absent. False after making an error answer. */
bool fb_param_u64(struct fb_api_request *req, const char *name, uint64_t least, uint64_t most,
		  uint64_t fallback, uint64_t *ret_value);

/* One of `words`: its number; `fallback` when absent. False after making an error answer. */
bool fb_param_enum(struct fb_api_request *req, const char *name, const char *const *words,
		   unsigned int fallback, unsigned int *ret_value);
