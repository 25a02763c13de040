/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP request on its way through guard, login, route and handler, and the answer that the
 * handler fills in. A request belongs to the server thread of its connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "util/buf.h"
#include "util/json.h"

struct fb_conn;
struct fb_http;
struct fb_passlogin;
struct fb_route;
struct fb_route_table;

#define FB_HTTP_PARAMS	  24
#define FB_HTTP_PATH_ARGS 2
#define FB_HTTP_HEADERS	  6
#define FB_HTTP_BODY_MAX  (64 * 1024)
#define FB_HTTP_FILE_MAX  (512 * 1024)

enum fb_role {
	FB_ROLE_NONE, /* not logged in */
	FB_ROLE_VIEWER,
	FB_ROLE_OPERATOR, /* acts on flows, and takes that back */
	FB_ROLE_ADMIN,	  /* ... and changes what is done with nobody who asks, and what is kept */
	FB_ROLES,
};

/* "viewer", "operator", "admin"; NULL of who is not logged in. Static. */
const char *fb_role_word(enum fb_role role);
/* The role of that word; FB_ROLE_NONE: it is none. */
enum fb_role fb_role_of(const char *word);

struct fb_param {
	const char *name, *value; /* decoded, NUL-terminated UTF-8 */
};

struct fb_reply {
	unsigned int status;
	const char *type; /* of the body; static */
	struct fb_buf body;
	struct fb_json json;	       /* writes to the body */
	struct MHD_Response *response; /* instead of a body; consumed */
	bool close;		       /* end the connection behind this answer */
	bool tagged;		       /* `etag` is set */
	bool cached, packed;	       /* the body is from the cache; it is compressed */
	uint64_t epoch;		       /* of the tag; 0: of no edition */
	char etag[48];
	unsigned int n_headers;
	struct {
		const char *name; /* static */
		char *value;
	} headers[FB_HTTP_HEADERS];
};

struct fb_request {
	struct fb_http *http;
	struct fb_conn *conn;
	struct MHD_Connection *mhd;
	const struct fb_route_table *table;
	const struct fb_route *route;
	void *ctx;	       /* of the table */
	void *edition;	       /* what a tagged route answers about; until the handler returns */
	char *target;	       /* as sent; cut and decoded in place */
	const char *raw_start; /* where the server keeps the target; only compared */
	size_t raw_len;
	uint64_t target_hash;
	char *whole; /* the target as it was sent */
	const char *method, *path;
	char *query; /* as sent, NULL if there is none; cut when parameters are read */
	const char *path_args[FB_HTTP_PATH_ARGS]; /* what stands for {...} in the route */
	const char *under; /* the segment before the paths of its table; NULL: that has none */
	struct fb_param params[FB_HTTP_PARAMS];
	unsigned int n_params;
	struct fb_buf body;
	enum fb_role role;
	bool anonymised;    /* who asks may not be told of hosts or people: FB_ROUTE_TELLS_NOBODY */
	char user_text[32]; /* of the next */
	const char *user;   /* whose login it is, as the token file names them; NULL: nobody said */
	uint64_t by_header; /* not 0: the role is that of a token in a header, of these tokens */
	bool by_session;    /* the role is that of a login's cookie */
	uint64_t source;    /* whose it is, for shares of what has bounds: its session, else its
			       address */
	char id[17];
	struct fb_passlogin *login; /* by a password that is tried; from then to the end */
	void *waited; /* what the handler waited for: its own, from the first call to the last */
	bool waiting; /* the connection is suspended: the handler is called once more */
	bool started; /* the head was judged */
	bool failed;  /* an answer was queued before the body was read */
	struct fb_reply reply;
};

/*
 * The handler goes on later: nothing of its connection happens until fb_request_resume, which any
 * thread may call, and then it is called again. To be called before who resumes can know of it.
 */
void fb_request_wait(struct fb_request *req);
void fb_request_resume(struct fb_request *req);
/* Of a request that waits: has its client closed the connection? Any thread. */
bool fb_request_is_gone(const struct fb_request *req);

/* A header of the request, or NULL. */
const char *fb_request_header(const struct fb_request *req, const char *name);
