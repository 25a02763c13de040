/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One stream: what is pending for it and which views it has. Everything here is guarded by the
 * hub's lock; chunks are immutable and shared by reference.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct MHD_Connection;
struct fb_conn;
struct fb_hub;
struct fb_view;

#define FB_CLIENT_VIEWS	    16 /* views of one stream */
#define FB_CLIENT_VIEW_NAME 48
#define FB_CLIENT_SESSION   40 /* bytes of what tells browser sessions apart */

/* A piece of a stream: some events, or the rest of one that another piece began. */
struct fb_chunk {
	unsigned int refs;
	size_t len;
	char data[];
};

#define FB_CLIENT_PENDING (2 * FB_CLIENT_VIEWS + 16)

struct fb_client_view {
	char name[FB_CLIENT_VIEW_NAME + 1]; /* empty: free */
	uint32_t number;		    /* "e": one more with each PUT */
	uint64_t has;			    /* tick of the view that the client has; 0 none */
	struct fb_view *view;
};

struct fb_client {
	struct fb_client *prev, *next;
	struct fb_hub *hub;
	struct fb_conn *conn;
	struct MHD_Connection *mhd;
	char sid[33];
	char session[FB_CLIENT_SESSION]; /* whose; empty: nobody's */
	bool by_header;			 /* it has its role by a token in a header */
	bool suspended, greeted, stalled;
	bool anonymised; /* who reads it may not know of hosts and people */
	bool over;	 /* its login ended: what is pending was dropped, nothing follows */
	uint64_t drained_ms, sent_ms;
	uint64_t hub_boot; /* the daemon's boot id, for event ids */
	uint64_t log_seq;  /* newest log entry it was sent */
	uint64_t monitor;  /* what it was told of the interfaces; 0: nothing yet */
	uint64_t incident; /* number of the newest incident news it was sent, plus 1; 0: new */
	uint64_t window;   /* number of the window that it was told of last; 0: none */
	struct fb_chunk *pending[FB_CLIENT_PENDING];
	unsigned int n_pending;
	size_t offset; /* sent of pending[0] */
	uint32_t numbers;
	struct fb_client_view views[FB_CLIENT_VIEWS];
};

/* Take the bytes out of the buffer; NULL when memory is short. */
struct fb_chunk *fb_chunk_new(struct fb_buf *buf);
void fb_chunk_put(struct fb_chunk *chunk);

/* Queue a chunk (its own reference is taken); false when there is no room for it. */
bool fb_client_add(struct fb_client *client, struct fb_chunk *chunk);

/* Queue a small chunk of the client's own. */
bool fb_client_addf(struct fb_client *client, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Copy out up to `max` bytes of what is pending. */
size_t fb_client_take(struct fb_client *client, char *buf, size_t max);

/* The view of that name, or a free place if `make`; NULL. */
struct fb_client_view *fb_client_view(struct fb_client *client, const char *name, bool make);

/* Drop what is pending and give back the chunks. */
void fb_client_fini(struct fb_client *client);
