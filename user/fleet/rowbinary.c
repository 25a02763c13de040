/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/rowbinary.h"

void fb_rowbinary_number(struct fb_buf *row, uint64_t number, unsigned int bytes)
{
	char raw[FB_BUF_SHORT] = {0};

	for (unsigned int i = 0; i < bytes; i++)
		raw[i] = (char)(number >> (8 * i));
	fb_buf_add_short(row, raw, bytes);
}

void fb_rowbinary_real(struct fb_buf *row, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	fb_rowbinary_number(row, bits, sizeof(bits));
}

void fb_rowbinary_length(struct fb_buf *row, uint64_t length)
{
	char raw[FB_BUF_SHORT] = {0};
	unsigned int n = 0;

	for (; length > 0x7f; length >>= 7)
		raw[n++] = (char)(length | 0x80);
	raw[n++] = (char)length;
	fb_buf_add_short(row, raw, n);
}

void fb_rowbinary_text(struct fb_buf *row, const char *text)
{
	const size_t len = text ? strlen(text) : 0;

	fb_rowbinary_length(row, len);
	fb_buf_add(row, text, len);
}
