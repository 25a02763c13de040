/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/tokenhash.h"

#include <gnutls/crypto.h>
#include <stdio.h>

bool fb_tokenhash_make(const char *text, size_t len, char ret_hash[static FB_TOKENHASH_LEN + 1])
{
	unsigned char bytes[FB_TOKENHASH_LEN / 2];

	ret_hash[0] = '\0';
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, text, len, bytes) < 0)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_hash + 2 * i, 3, "%02x", bytes[i]);
	return true;
}
