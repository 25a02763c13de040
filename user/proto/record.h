/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS records to a handshake message: the first of a stream, in one record or cut over many.
 * Pure; works on the bytes that are there so far.
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

/*
 * Look for a handshake message of `type` that starts at `stream`. On FB_RECORD_FOUND its body,
 * without header, is in the stream itself or in `scratch`.
 */
enum fb_record_result fb_record_handshake(const uint8_t *stream, size_t len, uint8_t type,
					  uint8_t scratch[static FB_HANDSHAKE_MAX + 4],
					  const uint8_t **ret_body, size_t *ret_len);

/*
 * Bytes that stand in front of a hello in the same segment, when they are of a kind that is known
 * to: a PROXY protocol header (v1 or v2), lines of text (STARTTLS, CONNECT and its headers), the
 * MySQL client's wish for TLS, the header of a TDS packet. 0: none, or not whole yet.
 */
size_t fb_record_prelude(const uint8_t *stream, size_t len);
