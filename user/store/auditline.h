/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of the record of acts, and what ties it to the one before: a JSON object that begins with
 * its number and the SHA-256 of the line before, without its line feed; the first line's is of
 * zeros. The last line is vouched for by the head, a file of its own. Pure functions.
 *
 *	{"seq":17,"prev":"9c1e...","time":"2026-11-29T15:27:45.120Z","act":"forget",...}
 *	{"seq":17,"hash":"41aa...","first":1}
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

#define FB_AUDIT_HASH 64 /* hexadecimal digits */
#define FB_AUDIT_LINE 8192

/* The number of a line and its hash; 0 and zeros: of none. */
struct fb_audit_link {
	uint64_t seq;
	char hash[FB_AUDIT_HASH + 1];
};

struct fb_audit_head {
	struct fb_audit_link last;
	uint64_t first; /* the oldest line that is kept; 0: none */
};

/* What the first line follows. */
extern const struct fb_audit_link fb_audit_none;

/* Append the line of `object` ("{...}") behind `before`, without a line feed; its link. */
void fb_auditline_make(struct fb_buf *line, const struct fb_audit_link *before, const char *object,
		       struct fb_audit_link *ret_link);

/* Its number, the hash of the one before, and its own. False: it does not begin as one. */
bool fb_auditline_read(const char *line, size_t len, char ret_prev[static FB_AUDIT_HASH + 1],
		       struct fb_audit_link *ret_link);

void fb_audithead_write(struct fb_buf *text, const struct fb_audit_head *head);
bool fb_audithead_read(const char *text, struct fb_audit_head *ret_head);
