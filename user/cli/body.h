/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body of an HTTP/1.1 answer as it arrives, by length, in chunks (RFC 9112 7.1) or until the
 * connection ends. No I/O of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_body_state {
	FB_BODY_DATA,	    /* `left` bytes of data */
	FB_BODY_CHUNK_SIZE, /* hexadecimal digits, perhaps an extension, CR LF */
	FB_BODY_CHUNK_END,  /* the CR LF behind a chunk */
	FB_BODY_TRAILERS,   /* lines, up to an empty one */
};

struct fb_body {
	enum fb_body_state state;
	bool chunked, until_end, done;
	bool digits;	   /* the size has at least one */
	bool extension;	   /* behind the size, up to the end of the line */
	unsigned int line; /* characters of the trailer line so far */
	uint64_t left;
};

/* Read the head (with its empty line): status, and how the body is cut. 0 or -EPROTO. */
int fb_body_init(struct fb_body *body, const char *head, size_t len, unsigned int *ret_status);

/* Give the data among `len` bytes to `fn`; 0, -EPROTO, or what `fn` returned. */
int fb_body_feed(struct fb_body *body, const char *bytes, size_t len,
		 int (*fn)(void *ctx, const char *data, size_t len), void *ctx);
