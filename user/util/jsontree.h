/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A JSON document as a tree, over cJSON: answers of the API, request bodies. Small and trusted
 * ones only: a value takes about a hundred bytes.
 *
 * Numbers are doubles. All whole numbers up to 2^53 are exact, and those of the API are below: a
 * counter of bytes gets there after 9 PB, eight days of 100 Gbit/s without a pause, and is then
 * rounded to the nearest even byte. Who needs all 64 bits takes the text (flowbpf export).
 *
 * Every reader takes NULL, "there is no such value", and finds nothing in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/json.h"

struct fb_jsontree; /* a value, with all that is below it */

enum fb_jsontree_type {
	FB_JSONTREE_NULL,
	FB_JSONTREE_BOOL,
	FB_JSONTREE_NUMBER,
	FB_JSONTREE_STRING,
	FB_JSONTREE_ARRAY,
	FB_JSONTREE_OBJECT,
};

/*
 * Parse `len` bytes, one document and nothing behind it. 0; -EILSEQ for a NUL, as a byte or
 * escaped, which would end a string unseen; -EINVAL for all else that is no JSON.
 */
int fb_jsontree_parse(const char *text, size_t len, struct fb_jsontree **ret_root);
void fb_jsontree_freep(struct fb_jsontree **root);

enum fb_jsontree_type fb_jsontree_type(const struct fb_jsontree *at); /* NULL for none */

/* The member of that name, or at the end of a dotted path ("bytes.up"); NULL if there is none. */
const struct fb_jsontree *fb_jsontree_member(const struct fb_jsontree *at, const char *key);
const struct fb_jsontree *fb_jsontree_get(const struct fb_jsontree *at, const char *path);

/* The first item or member, the one behind it, and the key of a member. */
const struct fb_jsontree *fb_jsontree_first(const struct fb_jsontree *at);
const struct fb_jsontree *fb_jsontree_next(const struct fb_jsontree *at);
const char *fb_jsontree_key(const struct fb_jsontree *at);

bool fb_jsontree_is_null(const struct fb_jsontree *at);
bool fb_jsontree_is_true(const struct fb_jsontree *at);
double fb_jsontree_number(const struct fb_jsontree *at);   /* NaN if it is none */
uint64_t fb_jsontree_u64(const struct fb_jsontree *at);	   /* 0 if it is below or none */
const char *fb_jsontree_str(const struct fb_jsontree *at); /* "" if it is none */

/* Append the text of a string, number or bool; nothing for others. */
void fb_jsontree_text(const struct fb_jsontree *at, struct fb_buf *buf);

/* Write it all again; what lies deeper than the writer goes is null. */
void fb_jsontree_write(const struct fb_jsontree *at, struct fb_json *json);

#define _cleanup_jsontree_ __attribute__((__cleanup__(fb_jsontree_freep)))
