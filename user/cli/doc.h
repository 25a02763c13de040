/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A JSON document as an array of nodes over its text: the answers of the API, read by path
 * ("bytes.up"). Numbers stay text, so that 64-bit counters are exact. Bounded in depth and size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

enum fb_doc_type {
	FB_DOC_NULL,
	FB_DOC_BOOL,
	FB_DOC_NUMBER,
	FB_DOC_STRING,
	FB_DOC_ARRAY,
	FB_DOC_OBJECT,
};

struct fb_doc_node {
	enum fb_doc_type type;
	uint32_t at, len; /* in the text; strings without their quotes */
	uint32_t next;	  /* index of the first node behind this one and all in it */
	uint32_t items;	  /* of arrays and objects; an object's are key, value, key, value */
};

struct fb_doc {
	const char *text; /* borrowed */
	struct fb_doc_node *nodes;
	uint32_t n, cap;
};

#define FB_DOC_NONE UINT32_MAX /* "no such node": all readers below take it and find nothing */

/* Parse `len` bytes (under 4 GB): 0, -EINVAL, -ENOMEM. Node 0 is the whole document. */
int fb_doc_init(struct fb_doc *doc, const char *text, size_t len);
void fb_doc_fini(struct fb_doc *doc);

/* The node at a dotted path below `node`, or FB_DOC_NONE. */
uint32_t fb_doc_get(const struct fb_doc *doc, uint32_t node, const char *path);

/* The first item of an array or value of an object, and the one behind it; FB_DOC_NONE at the end.
 * For objects, fb_doc_key gives the key of such a value. */
uint32_t fb_doc_first(const struct fb_doc *doc, uint32_t node);
uint32_t fb_doc_next(const struct fb_doc *doc, uint32_t parent, uint32_t node);

enum fb_doc_type fb_doc_type(const struct fb_doc *doc, uint32_t node); /* FB_DOC_NULL for none */
bool fb_doc_is_null(const struct fb_doc *doc, uint32_t node);
bool fb_doc_true(const struct fb_doc *doc, uint32_t node);
uint64_t fb_doc_u64(const struct fb_doc *doc, uint32_t node); /* 0 if it is no such number */

/* Append the text of a string (unescaped to UTF-8), number or bool; nothing for others. */
void fb_doc_text(const struct fb_doc *doc, uint32_t node, struct fb_buf *buf);

/* The same into a buffer of fixed size, cut if need be; returns `buf`. */
const char *fb_doc_str(const struct fb_doc *doc, uint32_t node, char *buf, size_t size);

/* The node as it stands in the text, strings with their quotes. */
const char *fb_doc_raw(const struct fb_doc *doc, uint32_t node, size_t *ret_len);

#define _cleanup_doc_ __attribute__((__cleanup__(fb_doc_fini)))
