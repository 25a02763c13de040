/* SPDX-License-Identifier: BSD-2-Clause */
/* The state machine of an answer's body; a byte of framing at a time, data in whole pieces. */
#include "cli/body.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util/fmt.h"

/* The value of a header, its white space cut off, in `buf`; false if it is not there. */
static bool header(const char *head, const char *end, const char *name, char *buf, size_t size)
{
	size_t name_len = strlen(name);

	while (head < end) {
		const char *line_end = memmem(head, (size_t)(end - head), "\r\n", 2);

		if (!line_end)
			return false;
		if ((size_t)(line_end - head) > name_len && head[name_len] == ':' &&
		    !strncasecmp(head, name, name_len)) {
			const char *value = head + name_len + 1;
			size_t len;

			while (value < line_end && (*value == ' ' || *value == '\t'))
				value++;
			len = (size_t)(line_end - value);
			while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
				len--;
			if (len >= size)
				return false;
			memcpy(buf, value, len);
			buf[len] = '\0';
			return true;
		}
		head = line_end + 2;
	}
	return false;
}

int fb_body_init(struct fb_body *body, const char *head, size_t len, unsigned int *ret_status)
{
	char digits[4] = "", value[32];
	uint64_t status;

	/* HTTP/1.1 200 OK */
	if (len < 16 || memcmp(head, "HTTP/1.", 7) != 0 || head[8] != ' ')
		return -EPROTO;
	memcpy(digits, head + 9, 3);
	if (fb_fmt_parse_u64(digits, 100, 599, &status))
		return -EPROTO;
	*ret_status = (unsigned int)status;
	*body = (struct fb_body){0};
	if (header(head, head + len, "Transfer-Encoding", value, sizeof(value))) {
		if (strcasecmp(value, "chunked") != 0)
			return -EPROTO;
		body->chunked = true;
		body->state = FB_BODY_CHUNK_SIZE;
	} else if (header(head, head + len, "Content-Length", value, sizeof(value))) {
		if (fb_fmt_parse_u64(value, 0, UINT64_MAX, &body->left))
			return -EPROTO;
		body->done = !body->left;
	} else {
		body->until_end = status != 204 && status != 304;
		body->done = !body->until_end;
		body->left = UINT64_MAX;
	}
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int size_byte(struct fb_body *body, char c)
{
	int digit = hex(c);

	if (c == '\n') {
		if (!body->digits)
			return -EPROTO;
		body->state = body->left ? FB_BODY_DATA : FB_BODY_TRAILERS;
		body->digits = body->extension = false;
	} else if (body->extension || c == '\r') {
		return 0;
	} else if (c == ';' || c == ' ') {
		body->extension = true;
	} else if (digit < 0 || body->left >> 60) {
		return -EPROTO;
	} else {
		body->left = body->left << 4 | (unsigned int)digit;
		body->digits = true;
	}
	return 0;
}

static int framing_byte(struct fb_body *body, char c)
{
	if (body->state == FB_BODY_CHUNK_SIZE)
		return size_byte(body, c);
	if (body->state == FB_BODY_CHUNK_END) {
		if (c == '\n')
			body->state = FB_BODY_CHUNK_SIZE;
		return c == '\n' || c == '\r' ? 0 : -EPROTO;
	}
	if (c == '\n') {
		body->done = !body->line;
		body->line = 0;
	} else if (c != '\r' && body->line++ > 8192) {
		return -EPROTO;
	}
	return 0;
}

int fb_body_feed(struct fb_body *body, const char *bytes, size_t len,
		 int (*fn)(void *ctx, const char *data, size_t len), void *ctx)
{
	while (len && !body->done) {
		size_t n = 1;
		int r;

		if (body->state == FB_BODY_DATA) {
			n = len < body->left ? len : (size_t)body->left;
			r = fn(ctx, bytes, n);
			if (!body->until_end)
				body->left -= n;
			if (!body->left && body->chunked)
				body->state = FB_BODY_CHUNK_END;
			else if (!body->left)
				body->done = true;
		} else {
			r = framing_byte(body, *bytes);
		}
		if (r)
			return r;
		bytes += n;
		len -= n;
	}
	return 0;
}
