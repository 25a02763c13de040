/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a name as inert text. */
#include "proto/name.h"

#include <errno.h>

int fb_name_text(const uint8_t *bytes, size_t len, char *text, size_t room)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const bool plain = bytes[i] > 0x20 && bytes[i] < 0x7f && bytes[i] != '\\';

		if (n + (plain ? 1 : 4) >= room)
			return -E2BIG;
		if (plain) {
			text[n++] = (char)bytes[i];
			continue;
		}
		text[n++] = '\\';
		text[n++] = 'x';
		text[n++] = digits[bytes[i] >> 4];
		text[n++] = digits[bytes[i] & 15];
	}
	if (room == 0)
		return -E2BIG;
	text[n] = '\0';
	return (int)n;
}
