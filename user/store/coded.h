/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of fields as the history has them, one behind the other in memory: a byte that tells the
 * type, then eight of a number, or two of a length and the bytes. Any thread.
 */
#pragma once

#include "store/fieldcolumns.h"
#include "store/sqldb.h"
#include "util/buf.h"

enum fb_coded_type { FB_CODED_IS_NULL, FB_CODED_IS_NUMBER, FB_CODED_IS_TEXT, FB_CODED_IS_BLOB };

struct fb_coded {
	enum fb_coded_type type;
	int64_t number;
	const char *bytes; /* in the buffer */
	uint16_t len;
};

/* A flow's value; false: it is not known. */
bool fb_coded_add(struct fb_buf *buf, const struct fb_column *column, const struct fb_flow_at *at);
/* A value of a row that was asked for. */
void fb_coded_add_from(struct fb_buf *buf, sqlite3_stmt *statement, int column);

/* The value at `at`; returns what is behind it. */
const char *fb_coded_read(const char *at, struct fb_coded *ret_coded);
/* The bytes stay the caller's until the statement ran. */
void fb_coded_bind(sqlite3_stmt *statement, int parameter, const struct fb_coded *coded);
