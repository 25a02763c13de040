/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Record:     type(1) = 22, version(2) = 3.0 .. 3.4, length(2) = 1 .. 16,640, fragment
 * Handshake:  type(1) length(3) body, over one or more records
 */
#include "proto/record.h"

#include <string.h>

#include "proto/bytes.h"

#define RECORD_HANDSHAKE 22
#define RECORD_MAX	 (16384 + 256)

struct record {
	const uint8_t *at;
	size_t len;   /* of the whole fragment */
	size_t there; /* of it, in the stream so far */
};

/* The next record; `there` < `len` at the end of the stream. */
static enum fb_record_result next_record(struct fb_bytes *in, struct record *record)
{
	const size_t left = fb_bytes_left(in);
	const uint8_t *at = in->at;

	if (left == 0)
		return FB_RECORD_MORE;
	if (at[0] != RECORD_HANDSHAKE || (left > 1 && at[1] != 3) || (left > 2 && at[2] > 4))
		return FB_RECORD_NONE;
	if (left < 5)
		return FB_RECORD_MORE;
	record->len = (size_t)at[3] << 8 | at[4];
	if (record->len == 0 || record->len > RECORD_MAX)
		return FB_RECORD_NONE;
	record->at = at + 5;
	record->there = record->len < left - 5 ? record->len : left - 5;
	fb_bytes_take(in, 5 + record->there);
	return FB_RECORD_FOUND;
}

/* Check what is there of the message's header; its whole length, or 0 while that is not known. */
static enum fb_record_result check_header(const uint8_t *message, size_t there, uint8_t type,
					  size_t *ret_total)
{
	size_t len;

	*ret_total = 0;
	if (there > 0 && message[0] != type)
		return FB_RECORD_NONE;
	if (there < 4)
		return FB_RECORD_MORE;
	len = (size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3];
	if (len < 38)
		return FB_RECORD_NONE; /* no hello is that short */
	if (len > FB_HANDSHAKE_MAX)
		return FB_RECORD_TOO_BIG;
	*ret_total = len + 4;
	return FB_RECORD_FOUND;
}

/* Gather a message that is whole: usually all of it is in one record, and need not be copied. */
static const uint8_t *gather(const uint8_t *stream, size_t len, size_t total,
			     uint8_t scratch[static FB_HANDSHAKE_MAX + 4])
{
	struct fb_bytes in = fb_bytes(stream, len);
	struct record record;
	size_t there = 0;

	while (there < total && next_record(&in, &record) == FB_RECORD_FOUND) {
		const size_t n = record.there < total - there ? record.there : total - there;

		if (n == total)
			return record.at;
		memcpy(scratch + there, record.at, n);
		there += n;
	}
	return scratch;
}

enum fb_record_result fb_record_scan(struct fb_record_scan *scan, const uint8_t *stream, size_t len,
				     uint8_t type, uint8_t scratch[static FB_HANDSHAKE_MAX + 4],
				     const uint8_t **ret_body, size_t *ret_len)
{
	for (;;) {
		struct fb_bytes in = fb_bytes(stream + scan->at, len - scan->at);
		struct record record;
		enum fb_record_result result = next_record(&in, &record);
		size_t there, total;

		if (result != FB_RECORD_FOUND)
			return result;
		there = scan->there + record.there;
		for (size_t i = scan->there; i < there && i < sizeof(scan->header); i++)
			scan->header[i] = record.at[i - scan->there];
		result = check_header(scan->header, there, type, &total);
		if (result == FB_RECORD_NONE || result == FB_RECORD_TOO_BIG)
			return result;
		if (total > 0 && there >= total) {
			*ret_body = gather(stream, len, total, scratch) + 4;
			*ret_len = total - 4;
			return FB_RECORD_FOUND;
		}
		if (record.there < record.len)
			return FB_RECORD_MORE;
		scan->at += (uint32_t)(5 + record.len);
		scan->there = (uint32_t)there;
	}
}

enum fb_record_result fb_record_handshake(const uint8_t *stream, size_t len, uint8_t type,
					  uint8_t scratch[static FB_HANDSHAKE_MAX + 4],
					  const uint8_t **ret_body, size_t *ret_len)
{
	struct fb_record_scan scan = {0};

	return fb_record_scan(&scan, stream, len, type, scratch, ret_body, ret_len);
}

/*
 * PROXY v1:  "PROXY ...", a line of at most 107 bytes; a request may follow, too
 * PROXY v2:  a signature(12) 2 bytes length(2)
 * MySQL:     length(3) = 32, packet 1, capabilities(4), of which 0x0800 is TLS, 28 more
 * TDS:       type(1) = 12, status(1) length(2) channel(2) packet(1) window(1)
 */
size_t fb_record_prelude(const uint8_t *stream, size_t len)
{
	static const uint8_t v2[12] = "\r\n\r\n\0\r\nQUIT\n";
	const uint8_t *line;

	if (len >= 16 && memcmp(stream, v2, sizeof(v2)) == 0)
		return 16 + ((size_t)stream[14] << 8 | stream[15]);
	if (len > 36 && memcmp(stream, "\x20\0\0\1", 4) == 0 && stream[5] & 8 &&
	    stream[36] == RECORD_HANDSHAKE)
		return 36;
	if (len > 8 && stream[0] == 0x12 && stream[1] <= 1 && stream[8] == RECORD_HANDSHAKE)
		return 8;
	line = len > 6 && memcmp(stream, "PROXY ", 6) == 0
		       ? memchr(stream, '\n',
				len < FB_RECORD_PRELUDE_MAX ? len : FB_RECORD_PRELUDE_MAX)
		       : NULL;
	if (line && stream + len > line + 1)
		return (size_t)(line - stream) + 1;
	return 0;
}

size_t fb_record_behind_line(const uint8_t *segment, size_t from, size_t len)
{
	const uint8_t *at = segment + from, *end = segment + len;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && at[0] == RECORD_HANDSHAKE && (at + 1 == end || at[1] == 3))
			return (size_t)(at - segment);
	}
	return 0;
}
