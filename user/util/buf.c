/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that grow; see the header. */
#include "util/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define LEAST	    256
#define MOST_DIGITS 20 /* of 64 bits */

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

static const uint64_t powers[MOST_DIGITS] = {
	1ull,
	10ull,
	100ull,
	1000ull,
	10000ull,
	100000ull,
	1000000ull,
	10000000ull,
	100000000ull,
	1000000000ull,
	10000000000ull,
	100000000000ull,
	1000000000000ull,
	10000000000000ull,
	100000000000000ull,
	1000000000000000ull,
	10000000000000000ull,
	100000000000000000ull,
	1000000000000000000ull,
	10000000000000000000ull,
};

static unsigned int count_digits(uint64_t value)
{
	const unsigned int bits = 64 - (unsigned int)__builtin_clzll(value | 1);
	const unsigned int n = bits * 1233 >> 12; /* its logarithm, or one less */

	return n + (value >= powers[n] || !n);
}

/* `n` digits, at once where they belong: what is written in pieces is dear to copy. */
static void put_digits(char *to, uint64_t value, unsigned int n)
{
	for (; n >= 2; value /= 100) {
		n -= 2;
		memcpy(to + n, pairs + value % 100 * 2, 2);
	}
	if (n)
		*to = (char)('0' + value % 10);
}

void fb_buf_addu(struct fb_buf *buf, unsigned long long value)
{
	const unsigned int n = count_digits(value);
	char *to = fb_buf_room(buf, n);

	if (!to)
		return;
	put_digits(to, value, n);
	buf->len += n;
}

void fb_buf_add_decimal(struct fb_buf *buf, unsigned long long value, unsigned int decimals)
{
	const unsigned int few = decimals < MOST_DIGITS ? decimals : MOST_DIGITS - 1;
	const uint64_t whole = few ? value / powers[few] : value;
	const unsigned int n = count_digits(whole);
	char *to = fb_buf_room(buf, n + 1 + few);

	if (!to)
		return;
	put_digits(to, whole, n);
	buf->len += n;
	if (!few)
		return;
	to[n] = '.';
	put_digits(to + n + 1, value - whole * powers[few], few);
	buf->len += 1 + few;
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
