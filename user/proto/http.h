/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Host of an HTTP/1 request at the start of a stream (RFC 9112), of which each byte is looked
 * at once, in however many pieces it comes. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_http_result {
	FB_HTTP_FOUND,
	FB_HTTP_MORE, /* a request so far; its headers are not whole */
	FB_HTTP_NONE, /* no request, or one without a Host */
};

struct fb_http_host {
	const uint8_t *at; /* in the stream; without port */
	size_t len;
	bool connect; /* CONNECT: another protocol follows behind the headers */
};

/* How far a request was read; all zero at its start. */
struct fb_http_scan {
	uint32_t line;	 /* where the line starts that is not whole yet */
	uint32_t looked; /* bytes that were looked at */
	bool none;	 /* FB_HTTP_NONE was the answer, and stays it */
};

/* Read on in a stream that has grown to `len` bytes. */
enum fb_http_result fb_http_scan(struct fb_http_scan *scan, const uint8_t *stream, size_t len,
				 struct fb_http_host *ret_host);
