/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ClientHello in a QUIC connection's Initial packets (RFC 9000, 9001, 9369; drafts from 22 on;
 * Google's, proto/gquic.h): in CRYPTO frames of any order, over several packets and datagrams,
 * coalesced with others. Keys come from the client's first Destination Connection ID, or the one
 * that a Retry made it choose. Packets of a reserved version, which clients send to see servers
 * refuse it, are tried as published ones. One struct per connection; used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/crypto.h"
#include "proto/reasm.h"

#define FB_QUIC_DCID_MAX 20

enum fb_quic_result {
	FB_QUIC_MORE,  /* nothing wrong; more datagrams are needed */
	FB_QUIC_HELLO, /* the hello is whole: fb_quic_hello gives it */
	FB_QUIC_CHLO,  /* Google's hello is whole: fb_quic_chlo gives its name */
	FB_QUIC_NOT,   /* no Initial packet of a version that we read */
	FB_QUIC_BAD,   /* an Initial packet that does not open, or holds nonsense */
};

struct fb_quic_version; /* of which the keys are made */

struct fb_quic {
	uint32_t version;		      /* of the last Initial packet */
	const struct fb_quic_version *opened; /* as which the client's packets open */
	bool keyed;
	struct fb_quic_keys keys;
	uint8_t dcid[FB_QUIC_DCID_MAX]; /* that they come from */
	uint8_t dcid_len;
	struct fb_reasm crypto, answer; /* of the client, of the server */
	bool too_big;			/* the hello is longer than FB_HANDSHAKE_MAX */
	uint64_t google_at;		/* where the CHLO starts; UINT64_MAX: not seen */
};

void fb_quic_init(struct fb_quic *quic);
void fb_quic_fini(struct fb_quic *quic);

/* True if a datagram starts like a packet that could be an Initial of a version that is read. */
bool fb_quic_looks_like(const uint8_t *datagram, size_t len);

/*
 * Feed one datagram of the client. `opens` counts down for each decryption that is tried; at 0
 * none is tried and the result is FB_QUIC_MORE.
 */
enum fb_quic_result fb_quic_feed(struct fb_quic *quic, const uint8_t *datagram, size_t len,
				 unsigned int *opens);

/*
 * Feed one datagram of the server, once the client's has opened. FB_QUIC_HELLO: its ServerHello is
 * whole, and `ret_body` the last one there is: behind a HelloRetryRequest comes another.
 */
enum fb_quic_result fb_quic_answer(struct fb_quic *quic, const uint8_t *datagram, size_t len,
				   unsigned int *opens, const uint8_t **ret_body, size_t *ret_len);

/*
 * True if the hello came in a reserved version, and this datagram of the client is of one that
 * servers take: the hello that counts begins.
 */
bool fb_quic_begins_again(const struct fb_quic *quic, const uint8_t *datagram, size_t len);

/* The hello's body, without the handshake header; false while it is not whole. */
bool fb_quic_hello(struct fb_quic *quic, const uint8_t **ret_body, size_t *ret_len);

/* The name in Google's hello, NULL if it has none; false while it is not whole, or is none. */
bool fb_quic_chlo(const struct fb_quic *quic, const uint8_t **ret_name, size_t *ret_len);
