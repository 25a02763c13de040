/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that grow; see the header. */
#include "util/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define LEAST 256

void fb_buf_fini(struct fb_buf *buf)
{
	free(buf->data);
	*buf = (struct fb_buf)FB_BUF_INIT;
}

void fb_buf_clear(struct fb_buf *buf)
{
	buf->len = 0;
	buf->error = 0;
}

char *fb_buf_reserve(struct fb_buf *buf, size_t n)
{
	size_t need, cap;
	char *data;

	if (buf->error)
		return NULL;
	if (n > SIZE_MAX / 4 - buf->len) {
		buf->error = -ENOMEM;
		return NULL;
	}
	need = buf->len + n + 1;
	if (need > buf->cap) {
		cap = buf->cap ? buf->cap : LEAST;
		while (cap < need)
			cap *= 2;
		data = realloc(buf->data, cap);
		if (!data) {
			buf->error = -ENOMEM;
			return NULL;
		}
		buf->data = data;
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void fb_buf_vaddf(struct fb_buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		buf->error = -EINVAL;
		return;
	}
	to = fb_buf_reserve(buf, (size_t)n);
	if (!to)
		return;
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	buf->len += (size_t)n;
}

void fb_buf_addf(struct fb_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fb_buf_vaddf(buf, fmt, ap);
	va_end(ap);
}

static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

void fb_buf_addu(struct fb_buf *buf, unsigned long long value)
{
	char digits[20], *p = digits + sizeof(digits);

	for (; value >= 10; value /= 100) {
		p -= 2;
		memcpy(p, pairs + value % 100 * 2, 2);
	}
	if (value || p == digits + sizeof(digits))
		*--p = (char)('0' + value);
	fb_buf_add(buf, p, (size_t)(digits + sizeof(digits) - p));
}

void fb_buf_add_decimal(struct fb_buf *buf, unsigned long long value, unsigned int decimals)
{
	char digits[20];
	unsigned int i = decimals < sizeof(digits) ? decimals : sizeof(digits);
	const unsigned int n = i;

	while (i) {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	}
	fb_buf_addu(buf, value);
	if (!n)
		return;
	fb_buf_addc(buf, '.');
	fb_buf_add(buf, digits, n);
}

char *fb_buf_take(struct fb_buf *buf, size_t *ret_len)
{
	char *data;

	if (!fb_buf_reserve(buf, 0)) {
		fb_buf_fini(buf);
		return NULL;
	}
	buf->data[buf->len] = '\0';
	if (ret_len)
		*ret_len = buf->len;
	data = TAKE_PTR(buf->data);
	fb_buf_fini(buf);
	return data;
}
