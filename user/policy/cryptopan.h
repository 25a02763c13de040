/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crypto-PAn (Xu, Fan, Ammar, Moon, 2002): addresses in one prefix stay in one, of the same length,
 * and nobody without the key knows which it was. Bit i of the result is bit i of the address xor
 * the first bit of AES-128 of the i bits before it, filled up by a pad. IPv4 and IPv6 on their own.
 */
#pragma once

#include <stdint.h>

#include "proto/crypto.h"

#define FB_CRYPTOPAN_KEY 32 /* bytes: AES's, and of which the pad is made */

struct fb_cryptopan {
	struct fb_aes aes;
	uint8_t pad[16];
};

void fb_cryptopan_init(struct fb_cryptopan *pan, const uint8_t key[static FB_CRYPTOPAN_KEY]);

/* 32 or 128 times AES. Constant: any thread. */
void fb_cryptopan(const struct fb_cryptopan *pan, const uint8_t addr[static 16], uint8_t family,
		  uint8_t ret_addr[static 16]);
