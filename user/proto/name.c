/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a name as inert text. */
#include "proto/name.h"

#include <errno.h>
#include <string.h>

#include "util/addr.h"

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

int fb_name_host(const uint8_t *bytes, size_t len, char *text, size_t room)
{
	int n;

	while (len > 0 && bytes[len - 1] == '.')
		len--;
	n = fb_name_text(bytes, len, text, room);
	for (int i = 0; i < n; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
	return n;
}

bool fb_name_is_address(const char *text, size_t len)
{
	char bare[FB_ADDR_STRLEN + 2];
	uint8_t addr[16], family;
	size_t n;

	if (len > 1 && text[0] == '[' && text[len - 1] == ']')
		text++, len -= 2;
	/* "127.1" too: the last label of a name has a letter */
	if (memchr(text, '.', len) && strspn(text, "0123456789.") >= len)
		return true;
	n = strcspn(text, "%]");
	n = n < len ? n : len;
	if (n >= sizeof(bare))
		return false;
	memcpy(bare, text, n);
	bare[n] = '\0';
	return fb_addr_parse(bare, addr, &family) == 0;
}
