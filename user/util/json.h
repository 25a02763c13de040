/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON written as it comes, without a tree: commas and quotes are the writer's business.
 * The output is always valid UTF-8 and safe inside a script element: bytes that are not UTF-8
 * become U+FFFD, control characters and U+2028/9 are escaped. Integers are exact up to 2^64 - 1.
 * Use: one fb_json over a fb_buf; errors are the buffer's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

#define FB_JSON_DEPTH 32

struct fb_json {
	struct fb_buf *buf;
	unsigned int depth;
	uint32_t comma; /* bit d: something was written at depth d */
	bool keyed;	/* a key waits for its value */
};

void fb_json_init(struct fb_json *json, struct fb_buf *buf);

/* A value inside an array, or after a key. */
void fb_json_object(struct fb_json *json);
void fb_json_array(struct fb_json *json);
void fb_json_end(struct fb_json *json, char bracket); /* '}' or ']' */

void fb_json_key(struct fb_json *json, const char *key);
/* A key that is ready: a comma, its quotes and colon, and nothing in it to be escaped. */
void fb_json_raw_key(struct fb_json *json, const char key[static FB_BUF_SHORT + 1], size_t len);

void fb_json_str(struct fb_json *json, const char *text); /* NULL is null */
void fb_json_strn(struct fb_json *json, const char *text, size_t len);
void fb_json_strf(struct fb_json *json, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fb_json_u64(struct fb_json *json, uint64_t value);
void fb_json_decimal(struct fb_json *json, uint64_t value, unsigned int decimals);
void fb_json_num(struct fb_json *json, double value, int decimals); /* not finite: null */
void fb_json_double(struct fb_json *json, double value);	    /* as many decimals as it has */
void fb_json_bool(struct fb_json *json, bool value);
void fb_json_null(struct fb_json *json);

/* RFC 3339 UTC with milliseconds, of ms since 1970. */
void fb_json_time(struct fb_json *json, int64_t ms);

/* Key and value in one. */
void fb_json_kv_str(struct fb_json *json, const char *key, const char *text);
void fb_json_kv_u64(struct fb_json *json, const char *key, uint64_t value);
void fb_json_kv_bool(struct fb_json *json, const char *key, bool value);
void fb_json_kv_time(struct fb_json *json, const char *key, int64_t ms);
void fb_json_kv_object(struct fb_json *json, const char *key);
void fb_json_kv_array(struct fb_json *json, const char *key);

#define FB_TIME_STRLEN 25

/* "2026-11-21T01:20:11.201Z"; returns `buf`. */
const char *fb_json_format_time(int64_t ms, char buf[static FB_TIME_STRLEN]);

/* Append `text` as the inside of a JSON string, without the quotes. */
void fb_json_escape(struct fb_buf *buf, const char *text, size_t len);
