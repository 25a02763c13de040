/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few primitives that fingerprints and QUIC Initials need. The only file that uses nettle.
 * Pure functions, no allocation, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_SHA256_LEN 32
#define FB_SHA1_LEN   20

void fb_sha256(const void *data, size_t len, uint8_t ret_digest[static FB_SHA256_LEN]);

/* For names, not for secrets. */
void fb_sha1(const void *data, size_t len, uint8_t ret_digest[static FB_SHA1_LEN]);

/* Keys of one side's Initial packets (RFC 9001 5.2). */
struct fb_quic_keys {
	uint8_t key[16], iv[12], hp[16];
};

/* From the client's first Destination Connection ID; labels "quic ..." or "quicv2 ...". */
void fb_quic_initial_keys(const uint8_t salt[static 20], const uint8_t *dcid, size_t dcid_len,
			  bool v2_labels, bool server, struct fb_quic_keys *ret_keys);

/* The header protection mask of a sample (RFC 9001 5.4.3). */
void fb_quic_mask(const struct fb_quic_keys *keys, const uint8_t sample[static 16],
		  uint8_t ret_mask[static 16]);

/*
 * Open an AEAD_AES_128_GCM packet: `cipher` of `len` bytes ends with the tag of 16. Writes len - 16
 * bytes to `plain`; false if the tag is wrong.
 */
bool fb_quic_open(const struct fb_quic_keys *keys, uint64_t packet_number, const uint8_t *header,
		  size_t header_len, const uint8_t *cipher, size_t len, uint8_t *plain);

/* AES-128 of single blocks, its key schedule made once. */
struct fb_aes {
	_Alignas(16) uint8_t schedule[192];
};

void fb_aes_key(struct fb_aes *aes, const uint8_t key[static 16]);
void fb_aes_block(const struct fb_aes *aes, const uint8_t in[static 16], uint8_t out[static 16]);
