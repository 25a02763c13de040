/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS records to a handshake message: the first of a stream, in one record or cut over many.
 * Pure; works on the bytes that are there so far, and reads each once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_HANDSHAKE_MAX 16384 /* bytes of a hello that are promised to be read */

enum fb_record_result {
	FB_RECORD_FOUND,
	FB_RECORD_MORE,	   /* so far so good: more bytes are needed */
	FB_RECORD_NONE,	   /* this is not the start of such a message */
	FB_RECORD_TOO_BIG, /* it is, and longer than FB_HANDSHAKE_MAX */
};

/* How far the records of a message were read; all zero at its start. */
struct fb_record_scan {
	uint32_t at;	   /* where the record starts that is not whole yet */
	uint32_t there;	   /* bytes of the message in the records before it */
	uint8_t header[4]; /* the message's first bytes */
};

/*
 * Read on in a stream that has grown to `len` bytes and starts with a handshake message of `type`.
 * On FB_RECORD_FOUND its body, without header, is in the stream itself or in `scratch`.
 */
enum fb_record_result fb_record_scan(struct fb_record_scan *scan, const uint8_t *stream, size_t len,
				     uint8_t type, uint8_t scratch[static FB_HANDSHAKE_MAX + 4],
				     const uint8_t **ret_body, size_t *ret_len);

/* The same of a stream that is all there. */
enum fb_record_result fb_record_handshake(const uint8_t *stream, size_t len, uint8_t type,
					  uint8_t scratch[static FB_HANDSHAKE_MAX + 4],
					  const uint8_t **ret_body, size_t *ret_len);

#define FB_RECORD_PRELUDE_MAX 108 /* bytes that fb_record_prelude looks at */

/*
 * Bytes that stand in front of a hello or a request in the same segment, when they are of a kind
 * that is known to: a PROXY protocol header (v1 or v2), the MySQL client's wish for TLS, the header
 * of a TDS packet. 0: none, or not whole yet.
 */
size_t fb_record_prelude(const uint8_t *stream, size_t len);

/*
 * Where a record may start right behind the end of a line of text (STARTTLS, CONNECT and its
 * headers), from `from` on; 0: nowhere.
 */
size_t fb_record_behind_line(const uint8_t *segment, size_t from, size_t len);
