/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that grow. An allocation that fails sticks: later appends do nothing and fb_buf_error
 * tells, so that a writer checks once at its end. Not for sharing between threads.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fb_buf {
	char *data; /* NULL while nothing was written */
	size_t len;
	size_t cap;
	int error; /* 0 or -ENOMEM */
};

#define FB_BUF_INIT {NULL, 0, 0, 0}

/* Free what it holds; the buffer is empty and usable after. */
void fb_buf_fini(struct fb_buf *buf);

/* Forget the content and any error, keep the memory. */
void fb_buf_clear(struct fb_buf *buf);

/* Room for `n` more bytes, at the returned address; NULL when memory is short. */
char *fb_buf_reserve(struct fb_buf *buf, size_t n);

/* fb_buf_reserve, where it is called: lists are written in millions of small pieces. */
static inline char *fb_buf_room(struct fb_buf *buf, size_t n)
{
	return buf->error || n >= buf->cap - buf->len ? fb_buf_reserve(buf, n)
						      : buf->data + buf->len;
}

static inline void fb_buf_add(struct fb_buf *buf, const void *data, size_t n)
{
	char *to = fb_buf_room(buf, n);

	if (!to || !n)
		return;
	memcpy(to, data, n);
	buf->len += n;
}

#define FB_BUF_SHORT 32

/* The first `n` of bytes that stand in room for FB_BUF_SHORT: copied without a call. */
static inline void fb_buf_add_short(struct fb_buf *buf, const char data[static FB_BUF_SHORT],
				    size_t n)
{
	char *to = fb_buf_room(buf, FB_BUF_SHORT);

	if (!to)
		return;
	memcpy(to, data, FB_BUF_SHORT);
	buf->len += n;
}

static inline void fb_buf_adds(struct fb_buf *buf, const char *text)
{
	fb_buf_add(buf, text, strlen(text));
}

static inline void fb_buf_addc(struct fb_buf *buf, char c)
{
	fb_buf_add(buf, &c, 1);
}

void fb_buf_addf(struct fb_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fb_buf_vaddf(struct fb_buf *buf, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Decimal digits, faster than through a format. */
void fb_buf_addu(struct fb_buf *buf, unsigned long long value);
/* value / 10^decimals, exactly. */
void fb_buf_add_decimal(struct fb_buf *buf, unsigned long long value, unsigned int decimals);

static inline int fb_buf_error(const struct fb_buf *buf)
{
	return buf->error;
}

/* Take the bytes out, NUL behind them, to be freed by the caller; NULL after an error. */
char *fb_buf_take(struct fb_buf *buf, size_t *ret_len);

#define _cleanup_buf_ __attribute__((__cleanup__(fb_buf_fini)))
