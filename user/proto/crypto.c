/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HkdfLabel (RFC 8446 7.1):  length(2)  "tls13 " + label<7..255>:1  context<0..255>:1
 */
#include "proto/crypto.h"

#include <string.h>

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

void fb_sha256(const void *data, size_t len, uint8_t ret_digest[static FB_SHA256_LEN])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, FB_SHA256_LEN, ret_digest);
}

void fb_sha1(const void *data, size_t len, uint8_t ret_digest[static FB_SHA1_LEN])
{
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	sha1_update(&ctx, len, data);
	sha1_digest(&ctx, FB_SHA1_LEN, ret_digest);
}

static void expand_label(const uint8_t secret[static FB_SHA256_LEN], const char *label,
			 uint8_t *out, uint8_t len)
{
	uint8_t info[64] = {0, len, 0};
	const size_t n = strlen(label);
	struct hmac_sha256_ctx hmac;

	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	hmac_sha256_set_key(&hmac, FB_SHA256_LEN, secret);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest, FB_SHA256_LEN, 10 + n, info, len,
		    out);
}

void fb_quic_initial_keys(const uint8_t salt[static 20], const uint8_t *dcid, size_t dcid_len,
			  bool v2_labels, bool server, struct fb_quic_keys *ret_keys)
{
	uint8_t initial[FB_SHA256_LEN], secret[FB_SHA256_LEN];
	struct hmac_sha256_ctx hmac;

	hmac_sha256_set_key(&hmac, 20, salt);
	hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest, FB_SHA256_LEN, dcid_len, dcid,
		     initial);
	expand_label(initial, server ? "server in" : "client in", secret, sizeof(secret));
	expand_label(secret, v2_labels ? "quicv2 key" : "quic key", ret_keys->key, 16);
	expand_label(secret, v2_labels ? "quicv2 iv" : "quic iv", ret_keys->iv, 12);
	expand_label(secret, v2_labels ? "quicv2 hp" : "quic hp", ret_keys->hp, 16);
}

void fb_quic_mask(const struct fb_quic_keys *keys, const uint8_t sample[static 16],
		  uint8_t ret_mask[static 16])
{
	struct aes128_ctx aes;

	aes128_set_encrypt_key(&aes, keys->hp);
	aes128_encrypt(&aes, 16, ret_mask, sample);
}

bool fb_quic_open(const struct fb_quic_keys *keys, uint64_t packet_number, const uint8_t *header,
		  size_t header_len, const uint8_t *cipher, size_t len, uint8_t *plain)
{
	struct gcm_aes128_ctx gcm;
	uint8_t nonce[12], tag[16];

	if (len < sizeof(tag))
		return false;
	memcpy(nonce, keys->iv, sizeof(nonce));
	for (unsigned int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(packet_number >> (8 * i));
	gcm_aes128_set_key(&gcm, keys->key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, header_len, header);
	gcm_aes128_decrypt(&gcm, len - sizeof(tag), plain, cipher);
	gcm_aes128_digest(&gcm, sizeof(tag), tag);
	return memeql_sec(tag, cipher + len - sizeof(tag), sizeof(tag));
}

_Static_assert(sizeof(struct aes128_ctx) <= sizeof(((struct fb_aes *)0)->schedule),
	       "the schedule has its room");

void fb_aes_key(struct fb_aes *aes, const uint8_t key[static 16])
{
	aes128_set_encrypt_key((struct aes128_ctx *)aes->schedule, key);
}

void fb_aes_block(const struct fb_aes *aes, const uint8_t in[static 16], uint8_t out[static 16])
{
	aes128_encrypt((const struct aes128_ctx *)aes->schedule, 16, out, in);
}
