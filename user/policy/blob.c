/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	0  "flowbpfj"
 *	8  version, 4 bytes
 *	12 bytes behind the header, 4 bytes
 *	16 their hash, 8 bytes
 */
#include "policy/blob.h"

#include <errno.h>
#include <string.h>

#include "util/hash.h"

#define MAGIC	"flowbpfj"
#define VERSION 1
#define HEADER	24

static void write_at(char *to, uint64_t number, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = (char)(number >> 8 * i & 0xff);
}

static uint64_t read_at(const uint8_t *from, unsigned int bytes)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < bytes; i++)
		number |= (uint64_t)from[i] << 8 * i;
	return number;
}

void fb_blob_add(struct fb_buf *buf, uint64_t number, unsigned int bytes)
{
	char text[8];

	write_at(text, number, bytes);
	fb_buf_add(buf, text, bytes);
}

void fb_blob_begin(struct fb_buf *buf)
{
	fb_buf_clear(buf);
	fb_buf_add(buf, MAGIC, 8);
	fb_blob_add(buf, VERSION, 4);
	fb_blob_add(buf, 0, 4);
	fb_blob_add(buf, 0, 8);
}

void fb_blob_end(struct fb_buf *buf)
{
	if (fb_buf_error(buf))
		return;
	write_at(buf->data + 12, buf->len - HEADER, 4);
	write_at(buf->data + 16, fb_hash_fixed(buf->data + HEADER, buf->len - HEADER), 8);
}

int fb_blob_open(const void *data, size_t len, struct fb_blob *ret_blob, struct fb_why *why)
{
	const uint8_t *bytes = data;

	if (len < HEADER || len > FB_BLOB_MOST || memcmp(bytes, MAGIC, 8) != 0)
		return fb_why_set(why, -EBADMSG, "it is no file of what the judge learned");
	if (read_at(bytes + 8, 4) != VERSION)
		return fb_why_set(why, -EPROTONOSUPPORT, "another version of flowbpf wrote it");
	if (read_at(bytes + 12, 4) != len - HEADER ||
	    read_at(bytes + 16, 8) != fb_hash_fixed(bytes + HEADER, len - HEADER))
		return fb_why_set(why, -EBADMSG, "it is damaged, or was not written to its end");
	*ret_blob = (struct fb_blob){.at = bytes + HEADER, .end = bytes + len};
	return 0;
}

uint64_t fb_blob_take(struct fb_blob *blob, unsigned int bytes)
{
	uint8_t number[8] = {0};

	fb_blob_take_bytes(blob, number, bytes);
	return read_at(number, bytes);
}

void fb_blob_take_bytes(struct fb_blob *blob, uint8_t *to, size_t n)
{
	if ((size_t)(blob->end - blob->at) < n) {
		blob->at = blob->end;
		blob->short_of = true;
		memset(to, 0, n);
		return;
	}
	memcpy(to, blob->at, n);
	blob->at += n;
}

bool fb_blob_is_done(const struct fb_blob *blob)
{
	return !blob->short_of && blob->at == blob->end;
}
