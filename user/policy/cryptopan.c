/* SPDX-License-Identifier: BSD-2-Clause */
/* Prefix-preserving addresses; see the header. */
#include "policy/cryptopan.h"

#include <string.h>

#include <flowbpf/key.h>

void fb_cryptopan_init(struct fb_cryptopan *pan, const uint8_t key[static FB_CRYPTOPAN_KEY])
{
	fb_aes_key(&pan->aes, key);
	fb_aes_block(&pan->aes, key + 16, pan->pad);
}

void fb_cryptopan(const struct fb_cryptopan *pan, const uint8_t addr[static 16], uint8_t family,
		  uint8_t ret_addr[static 16])
{
	const unsigned int from = family == FB_IPV4 ? 12 : 0, bits = (16 - from) * 8;
	uint8_t in[16], out[16], mask[16] = {0};

	memcpy(in, pan->pad, sizeof(in));
	for (unsigned int i = 0; i < bits; i++) {
		const uint8_t bit = (uint8_t)(0x80 >> i % 8);

		fb_aes_block(&pan->aes, in, out);
		if (out[0] & 0x80)
			mask[from + i / 8] |= bit;
		in[i / 8] = (uint8_t)((in[i / 8] & ~bit) | (addr[from + i / 8] & bit));
	}
	for (unsigned int i = 0; i < 16; i++)
		ret_addr[i] = addr[i] ^ mask[i];
}
