/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: JSON by the streaming writer, errors as problem+json (RFC 9457), ETag, gzip, and the
 * headers that every answer carries. Handlers fill req->reply; the server sends it.
 */
#pragma once

#include "http/request.h"

struct fb_jsonin;

/* Begin a JSON answer; returns the writer. */
struct fb_json *fb_reply_json(struct fb_request *req);

/* An error: `code` is the last part of its type, /problems/<code>. Replaces what was written. */
void fb_reply_problem(struct fb_request *req, unsigned int status, const char *code,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* 500: the answer to -ENOMEM. */
void fb_reply_no_memory(struct fb_request *req);

/* 400 about one query parameter: "`name` <detail>". */
void fb_reply_param(struct fb_request *req, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* 400 about a place in a filter expression; `suggestion` may be NULL. */
void fb_reply_filter_error(struct fb_request *req, const char *parameter, unsigned int offset,
			   unsigned int length, const char *detail, const char *suggestion);

/* The same about a rule of alerts. */
void fb_reply_rule_error(struct fb_request *req, unsigned int offset, unsigned int length,
			 const char *detail);

/* Read a JSON object that came with the request (NULL: nothing came). False after answering. */
bool fb_reply_read_json(struct fb_request *req, const char *text, size_t len,
			struct fb_jsonin **ret_in);
/* Had `in` what was asked of it? False after answering 400 about the key that is wrong. */
bool fb_reply_check_json(struct fb_request *req, const struct fb_jsonin *in);

/* Add a header; `name` is static, CR and LF end the value. */
void fb_reply_header(struct fb_request *req, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Tag the answer with (boot, epoch, target) and say whether the client has it already: 304. */
bool fb_reply_tag(struct fb_request *req, uint64_t boot_id, uint64_t epoch);

/* Hand the answer to the library. */
enum MHD_Result fb_reply_send(struct fb_request *req);

void fb_reply_fini(struct fb_reply *reply);

/* Does the route answer in other dashboards' form, {"success":...} around the data? */
bool fb_reply_is_alias(const struct fb_request *req);
