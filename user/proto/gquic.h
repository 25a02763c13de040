/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Google's QUIC, Q024 to Q050 and T050, T051: what came before the published QUIC. Its hello, the
 * CHLO, is a list of tags with the name in plain, in a packet that is not encrypted (from Q050 on
 * it is, as in proto/quic.h). Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/reasm.h"

/* True if the datagram could be a packet of a version whose first packets are not encrypted. */
bool fb_gquic_looks_like(const uint8_t *datagram, size_t len);

struct fb_gquic_packet {
	unsigned int version; /* 24 to 48 */
	size_t number_len;
	struct fb_bytes frames;
};

/* The frames of such a packet of a client. */
bool fb_gquic_open(const uint8_t *datagram, size_t len, struct fb_gquic_packet *ret_packet);

/*
 * Put what frames hold of the crypto stream, from the message on that `at` tells (UINT64_MAX: not
 * known yet). False: a frame that has no place before the hello, or is cut.
 */
bool fb_gquic_read(const struct fb_gquic_packet *packet, struct fb_reasm *crypto, uint64_t *at);

enum fb_gquic_result {
	FB_GQUIC_CHLO, /* whole; *ret_name is NULL if it has none */
	FB_GQUIC_MORE,
	FB_GQUIC_NONE, /* it is no CHLO */
};

enum fb_gquic_result fb_gquic_chlo(const uint8_t *message, size_t len, const uint8_t **ret_name,
				   size_t *ret_len);
