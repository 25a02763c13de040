/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests: hellos, records and QUIC Initial packets made to order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <nettle/gcm.h>

#include "proto/crypto.h"

#define MADE_MAX 65536

struct made {
	size_t n;
	uint8_t b[MADE_MAX];
};

static inline void made_put(struct made *made, const void *data, size_t len)
{
	if (len <= MADE_MAX - made->n) {
		memcpy(made->b + made->n, data, len);
		made->n += len;
	}
}

static inline void made_fill(struct made *made, uint8_t byte, size_t len)
{
	while (len-- > 0)
		made_put(made, &byte, 1);
}

static inline void made_be(struct made *made, uint64_t value, unsigned int width)
{
	while (width-- > 0)
		made_put(made, &(uint8_t){(uint8_t)(value >> 8 * width)}, 1);
}

/* Set the length, of `width` bytes, that stands at `at` and tells of all behind it. */
static inline void made_len(struct made *made, size_t at, unsigned int width)
{
	const size_t len = made->n - at - width;

	for (unsigned int i = 0; i < width; i++)
		made->b[at + i] = (uint8_t)(len >> 8 * (width - 1 - i));
}

struct made_hello {
	const void *name;
	size_t name_len;
	size_t key_share; /* bytes of a key share in front of the name */
	const char *alpn;
	bool dtls, ech, grease;
	unsigned int empty; /* extensions of no content, each of another type */
};

static inline void made_extension(struct made *made, uint16_t type, const void *data, size_t len)
{
	made_be(made, type, 2);
	made_be(made, len, 2);
	made_put(made, data, len);
}

static inline void made_server_name(struct made *made, const void *name, size_t len)
{
	made_be(made, 0, 2);
	made_be(made, len + 5, 2);
	made_be(made, len + 3, 2);
	made_be(made, 0, 1);
	made_be(made, len, 2);
	made_put(made, name, len);
}

/* The body of a ClientHello, behind the handshake header. */
static inline void make_body(struct made *made, const struct made_hello *hello)
{
	static const uint8_t ciphers[] = {0x13, 0x01, 0x13, 0x02, 0xc0, 0x2b};
	static const uint8_t groups[] = {0, 4, 0x11, 0xec, 0, 0x1d};
	static const uint8_t sigalgs[] = {0, 4, 4, 3, 8, 4};
	static const uint8_t versions[] = {4, 3, 4, 3, 3},
			     dtls_versions[] = {4, 0xfe, 0xfc, 0xfe, 0xfd};
	size_t extensions;

	made_be(made, hello->dtls ? 0xfefd : 0x0303, 2);
	made_fill(made, 0x5a, 32);
	made_be(made, 0, 1);
	if (hello->dtls)
		made_be(made, 0, 1);
	made_be(made, sizeof(ciphers) + (hello->grease ? 2 : 0), 2);
	if (hello->grease)
		made_be(made, 0x1a1a, 2);
	made_put(made, ciphers, sizeof(ciphers));
	made_be(made, 0x0100, 2);
	extensions = made->n;
	made_be(made, 0, 2);
	if (hello->grease)
		made_extension(made, 0x2a2a, "", 0);
	for (unsigned int i = 0; i < hello->empty; i++)
		made_extension(made, (uint16_t)(0x4000 + i), "", 0);
	if (hello->key_share) {
		made_be(made, 51, 2);
		made_be(made, hello->key_share + 6, 2);
		made_be(made, hello->key_share + 4, 2);
		made_be(made, 0x11ec, 2);
		made_be(made, hello->key_share, 2);
		made_fill(made, 0x16, hello->key_share);
	}
	made_extension(made, 43, hello->dtls ? dtls_versions : versions, sizeof(versions));
	made_extension(made, 10, groups, sizeof(groups));
	made_extension(made, 13, sigalgs, sizeof(sigalgs));
	if (hello->ech)
		made_extension(made, 0xfe0d, "outer", 5);
	if (hello->alpn) {
		const size_t len = strlen(hello->alpn);

		made_be(made, 16, 2);
		made_be(made, len + 3, 2);
		made_be(made, len + 1, 2);
		made_be(made, len, 1);
		made_put(made, hello->alpn, len);
	}
	if (hello->name)
		made_server_name(made, hello->name, hello->name_len);
	made_len(made, extensions, 2);
}

static inline void make_message(struct made *made, const struct made_hello *hello)
{
	const size_t at = made->n;

	made_be(made, 1, 1);
	made_be(made, 0, 3);
	make_body(made, hello);
	made_len(made, at + 1, 3);
}

/* A ServerHello message: TLS 1.3, x25519. */
static inline void make_answer(struct made *made, uint16_t cipher)
{
	static const uint8_t extensions[] = {0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 0x1d};

	made_be(made, 0x02000000, 4);
	made->b[made->n - 1] = 40 + sizeof(extensions) - 2;
	made_be(made, 0x0303, 2);
	made_fill(made, 0x77, 32);
	made_be(made, 0, 1);
	made_be(made, cipher, 2);
	made_be(made, 0, 1);
	made_put(made, extensions, sizeof(extensions));
}

/* A message in TLS records of `each` bytes. */
static inline void make_records(struct made *made, const uint8_t *message, size_t len, size_t each)
{
	for (size_t at = 0; at < len; at += each) {
		const size_t n = len - at < each ? len - at : each;

		made_be(made, 0x160301, 3);
		made_be(made, n, 2);
		made_put(made, message + at, n);
	}
}

/* The stream of a hello in one record. */
static inline void make_stream(struct made *made, const struct made_hello *hello)
{
	static struct made message;

	message.n = 0;
	make_message(&message, hello);
	make_records(made, message.b, message.n, 16384);
}

#define QUIC_V1 0x00000001
#define QUIC_V2 0x6b3343cf

static const uint8_t quic_salt_v1[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
					 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
					 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t quic_salt_v2[20] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
					 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
					 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t quic_salt_29[20] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
					 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
					 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};

struct made_initial {
	uint32_t version;
	const char *dcid;  /* on the wire */
	const char *keyed; /* the id that the keys come from; NULL: dcid */
	uint32_t number;
	size_t token;
	bool server;
};

/* Append a protected Initial packet that holds `frames`. */
static inline void make_initial(struct made *made, const struct made_initial *initial,
				const uint8_t *frames, size_t len)
{
	const bool v2 = initial->version == QUIC_V2;
	const uint8_t *salt = v2			    ? quic_salt_v2
			      : initial->version == QUIC_V1 ? quic_salt_v1
							    : quic_salt_29;
	const char *keyed = initial->keyed ? initial->keyed : initial->dcid;
	const size_t start = made->n;
	size_t number, body;
	struct fb_quic_keys keys;
	struct gcm_aes128_ctx gcm;
	uint8_t nonce[12], mask[16];

	fb_quic_initial_keys(salt, (const uint8_t *)keyed, strlen(keyed), v2, initial->server,
			     &keys);
	made_be(made, v2 ? 0xd3 : 0xc3, 1); /* a packet number of four bytes */
	made_be(made, initial->version, 4);
	made_be(made, strlen(initial->dcid), 1);
	made_put(made, initial->dcid, strlen(initial->dcid));
	made_be(made, 0, 1);
	made_be(made, 0x4000 | initial->token, 2);
	made_fill(made, 0x70, initial->token);
	made_be(made, 0x4000 | (4 + len + 16), 2);
	number = made->n;
	made_be(made, initial->number, 4);
	body = made->n;
	memcpy(nonce, keys.iv, sizeof(nonce));
	for (unsigned int i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t)(initial->number >> 8 * i);
	gcm_aes128_set_key(&gcm, keys.key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, body - start, made->b + start);
	gcm_aes128_encrypt(&gcm, len, made->b + body, frames);
	gcm_aes128_digest(&gcm, 16, made->b + body + len);
	made->n = body + len + 16;
	fb_quic_mask(&keys, made->b + number + 4, mask);
	made->b[start] ^= mask[0] & 0x0f;
	for (unsigned int i = 0; i < 4; i++)
		made->b[number + i] ^= mask[1 + i];
}

static inline void make_crypto(struct made *frames, const uint8_t *message, size_t from, size_t to)
{
	made_be(frames, 6, 1);
	made_be(frames, 0x80000000 | from, 4);
	made_be(frames, 0x4000 | (to - from), 2);
	made_put(frames, message + from, to - from);
}
