/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of what can be asked for, one line a route, each with a context for its handlers. They
 * also tell which methods a path has and which parameters a route knows, and tests hold the
 * OpenAPI document against them.
 */
#pragma once

#include "http/request.h"

enum fb_route_flag {
	FB_ROUTE_TAGGED = 1 << 0, /* about an edition: ETag and 304, kept for who asks the same */
	FB_ROUTE_FIXED = 1 << 1,  /* the same as long as the daemon runs: ETag and 304 */
	FB_ROUTE_ALIAS = 1 << 2,  /* another dashboard's path: {"success":...} around the data */
	FB_ROUTE_BODY = 1 << 3,	  /* takes a JSON body */
	FB_ROUTE_OPEN = 1 << 4,	  /* answers without login */
	FB_ROUTE_LARGE = 1 << 5,  /* a body may be as large as a file */
	/* Of who may not know of hosts and people it tells nothing of these: for them, too. */
	FB_ROUTE_TELLS_NOBODY = 1 << 6,
	FB_ROUTE_FLEET = 1 << 7, /* a hub of a fleet has it, too */
};

struct fb_route {
	const char *method; /* GET stands for HEAD too */
	const char *path;   /* {x} matches one segment */
	/* 0 with req->reply filled in, or -errno for an answer that says so; keeps nothing. */
	int (*handle)(struct fb_request *req);
	enum fb_role role;
	unsigned int flags;
	const char *params; /* known query parameters, by blanks; NULL: none */
};

struct fb_route_table {
	const struct fb_route *routes;
	unsigned int n;
	/* "/sensor/": its paths stand behind this and one segment more, req->under; NULL: they
	 * stand as they are. */
	const char *under;
	void *ctx;
	/* What tagged routes answer about, and its number: greater with each newer one. NULL:
	 * memory is short. */
	void *(*take)(const struct fb_request *req, uint64_t *ret_epoch);
	void (*put)(void *edition);
	/*
	 * A request whose answer is not about an edition; `handle_apart` has it in place of its
	 * handler and may wait. NULL: there are none. `end_apart`: it is over, `waited` is freed.
	 */
	bool (*is_apart)(struct fb_request *req);
	int (*handle_apart)(struct fb_request *req);
	void (*end_apart)(struct fb_request *req);
};

/*
 * Match `path`, which is cut apart in place when it has arguments. Returns the route and its table;
 * or NULL with the methods that the path does have in `allow` ("GET, HEAD"), empty when there is
 * no such path.
 */
const struct fb_route *fb_route_find(const struct fb_route_table *tables, unsigned int n,
				     const char *method, char *path,
				     const char *args[static FB_HTTP_PATH_ARGS],
				     const struct fb_route_table **ret_table,
				     char allow[static 64]);

/*
 * The path behind `under` and one segment, which may be empty, else begins with a slash; NULL if it
 * has not got both. That segment, which is not cut, is the *ret_len bytes before.
 */
char *fb_route_behind(const char *under, char *path, size_t *ret_len);

/* Without what a table of these stands under; the path itself, if it is of none. */
char *fb_route_path(const struct fb_route_table *tables, unsigned int n, char *path);

/*
 * Cut `query` (may be NULL) into the request's parameters; unknown, doubled or malformed ones make
 * an error answer and return false.
 */
bool fb_route_params(struct fb_request *req, char *query);

/* The value of a parameter, NULL if it is absent or empty. */
const char *fb_param(const struct fb_request *req, const char *name);

/* A whole number; `fallback` when absent. False after making an error answer. */
bool fb_param_u64(struct fb_request *req, const char *name, uint64_t least, uint64_t most,
		  uint64_t fallback, uint64_t *ret_value);

/* One of `words`: its number; `fallback` when absent. False after making an error answer. */
bool fb_param_enum(struct fb_request *req, const char *name, const char *const *words,
		   unsigned int fallback, unsigned int *ret_value);
