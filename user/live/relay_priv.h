/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of a daemon elsewhere, seen by the relay's files only. A call belongs to three: its
 * request until that is over, its answer as long as the library reads it, its thread. Whoever lets
 * go last frees it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "http/auth.h"
#include "live/doors.h"
#include "live/relay.h"
#include "util/buf.h"

#define FB_CALL_VALUE 256
#define FB_CALL_ASKED 2		  /* headers of the request that are passed on */
#define FB_CALL_SHORT (64 * 1024) /* bytes */

/* Of an answer what is passed on; all else is the server's own, or of that one connection. */
enum { CONTENT_TYPE, ETAG, CACHE_CONTROL, RETRY_AFTER, DISPOSITION, ALLOW, BUFFERING, N_PASSED };
extern const char *const fb_call_passed[N_PASSED];

/* How many may be on their way. */
struct fb_relay_limits {
	unsigned int all, door;
	unsigned int source, streams; /* of one login, or address without one */
};

struct fb_relay {
	struct fb_api api; /* first: what the handlers that stay here take their context for */
	const struct fb_relay_limits *limits;
	struct fb_doors doors;
	pthread_mutex_t
		lock; /* guards all below, and all of each call but its request's own texts */
	pthread_cond_t ended;
	struct fb_call *calls;
	unsigned int n_calls; /* whose threads run */
	bool stopping;
};

struct fb_call {
	struct fb_relay *relay;
	struct fb_door *door;
	struct fb_call *prev, *next; /* in the list while its thread runs */
	unsigned int refs;
	struct fb_request *req;	     /* NULL: it is over */
	char session[FB_SESSION_ID]; /* "": of none */
	uint64_t source;
	bool is_stream;
	struct MHD_Connection *mhd;
	bool waits, sleeps; /* its request for a head; its reader for a byte */
	atomic_bool stop;
	pthread_cond_t taken; /* by the reader */
	char *method, *url, *body;
	size_t body_len;
	char *headers[FB_CALL_ASKED + 5]; /* ends with NULL */
	unsigned int status;
	char value[N_PASSED][FB_CALL_VALUE];
	struct fb_buf buf; /* from `at` on, for the reader */
	size_t at;
	bool done;
	int error;
	char why[256];
};

/* Whose the door is from here on; NULL: memory is short, and it is not. The request waits for it.
 */
struct fb_call *fb_call_new(struct fb_request *req, struct fb_relay *relay, struct fb_door *door);
/* With the lock, as all below: one of its three lets go. */
void fb_call_let_go(struct fb_call *call);
/* Its thread begins. 0 or -errno. */
int fb_call_start(struct fb_call *call);
/* Its thread ends within a second, and with it what is read of it. */
void fb_call_end(struct fb_call *call);
/* Hand on what came; 0 or -ENOMEM. */
int fb_call_answer(struct fb_request *req, struct fb_call *call);
