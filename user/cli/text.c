/* SPDX-License-Identifier: BSD-2-Clause */
/* Display width, inert text and styles. Width comes from wcwidth under a UTF-8 locale. */
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "util/utf8.h"

bool fb_text_colours(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

/* 0 by 0 where it is no terminal; a usual size where it does not tell. */
static struct winsize size_of(FILE *stream)
{
	struct winsize size = {0};

	if (!isatty(fileno(stream)))
		return size;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size))
		size = (struct winsize){0};
	size.ws_col = size.ws_col < 20 ? 80 : size.ws_col;
	size.ws_row = size.ws_row < 5 ? 24 : size.ws_row;
	return size;
}

unsigned int fb_text_width(FILE *stream)
{
	return size_of(stream).ws_col;
}

unsigned int fb_text_height(FILE *stream)
{
	return size_of(stream).ws_row;
}

const char *fb_text_style(enum fb_text_style style, bool colours)
{
	static const char *const sequences[] = {
		[FB_TEXT_PLAIN] = "\033[0m", [FB_TEXT_BOLD] = "\033[1m",
		[FB_TEXT_DIM] = "\033[2m",   [FB_TEXT_OK] = "\033[32m",
		[FB_TEXT_WARN] = "\033[33m", [FB_TEXT_BAD] = "\033[31m",
		[FB_TEXT_UP] = "\033[33m",   [FB_TEXT_DOWN] = "\033[34m",
	};

	return colours ? sequences[style] : "";
}

void fb_text_add_inert(struct fb_buf *buf, const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;

	while (len) {
		uint32_t code;
		unsigned int n = fb_utf8_decode(c, len, &code);

		if (!n)
			fb_buf_addf(buf, "\\x%02x", *c);
		else if (code < 0x80 && fb_utf8_is_hostile(code))
			fb_buf_addf(buf, "\\x%02x", code);
		else if (fb_utf8_is_hostile(code))
			fb_buf_addf(buf, "\\u{%x}", code);
		else
			fb_buf_add(buf, c, n);
		c += n ? n : 1;
		len -= n ? n : 1;
	}
}

/* Most of a line of JSON: characters that stand as they are. */
static size_t ascii_run(const unsigned char *c, size_t len)
{
	size_t n = 0;

	while (n < len && c[n] < 0x7f)
		n++;
	return n;
}

void fb_text_add_inert_json(struct fb_buf *buf, const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;

	while (len) {
		const size_t run = ascii_run(c, len);
		uint32_t code;
		unsigned int n;

		fb_buf_add(buf, c, run);
		c += run;
		len -= run;
		if (!len)
			break;
		n = fb_utf8_decode(c, len, &code);
		if (!n)
			fb_buf_adds(buf, "\\ufffd");
		else if (code == 0x7f ||
			 (code >= 0x80 && code < 0x10000 && fb_utf8_is_hostile(code)))
			fb_buf_addf(buf, "\\u%04x", code);
		else if (code >= 0x10000 && fb_utf8_is_hostile(code))
			fb_buf_addf(buf, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
				    0xdc00 + ((code - 0x10000) & 0x3ff));
		else
			fb_buf_add(buf, c, n);
		c += n ? n : 1;
		len -= n ? n : 1;
	}
}

static unsigned int width_of(uint32_t code)
{
	int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);

	return width < 0 ? 1 : (unsigned int)width;
}

unsigned int fb_text_columns(const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned int columns = 0;

	while (len) {
		uint32_t code = '?';
		unsigned int n = fb_utf8_decode(c, len, &code);

		columns += width_of(code);
		c += n ? n : 1;
		len -= n ? n : 1;
	}
	return columns;
}

void fb_text_add_cut(struct fb_buf *buf, const char *text, size_t len, unsigned int columns)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned int used = 0;
	size_t fits = 0;

	if (fb_text_columns(text, len) <= columns) {
		fb_buf_add(buf, text, len);
		return;
	}
	while (fits < len) {
		uint32_t code = '?';
		unsigned int n = fb_utf8_decode(c + fits, len - fits, &code);

		used += width_of(code);
		if (used + 1 > columns)
			break;
		fits += n ? n : 1;
	}
	fb_buf_add(buf, text, fits);
	if (columns)
		fb_buf_adds(buf, "\u2026");
}

void fb_text_add_cut_end(struct fb_buf *buf, const char *text, size_t len, unsigned int columns)
{
	const char *colon = memrchr(text, ':', len);
	size_t end = colon ? (size_t)(colon - text) : len;

	end -= end > 0 && end < len && text[end - 1] == ']';
	if (fb_text_columns(text, len) <= columns || columns <= len - end) {
		fb_text_add_cut(buf, text, len, columns);
		return;
	}
	fb_text_add_cut(buf, text, end, columns - (unsigned int)(len - end));
	fb_buf_add(buf, text + end, len - end);
}

int fb_text_print_json(const char *text, size_t len)
{
	_cleanup_buf_ struct fb_buf inert = FB_BUF_INIT;

	fb_text_add_inert_json(&inert, text, len);
	fb_buf_addc(&inert, '\n');
	if (fb_buf_error(&inert))
		return -ENOMEM;
	return fwrite(inert.data, 1, inert.len, stdout) == inert.len && !fflush(stdout) ? 0 : -EIO;
}
