/* SPDX-License-Identifier: BSD-2-Clause */
/* 0xxxxxxx | 110xxxxx 10xxxxxx | 1110xxxx 10xxxxxx 10xxxxxx | 11110xxx 10xxxxxx ... */
#include "util/utf8.h"

#include <string.h>

unsigned int fb_utf8_decode(const unsigned char *text, size_t len, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int n = text[0] < 0x80		    ? 1
			 : (text[0] & 0xe0) == 0xc0 ? 2
			 : (text[0] & 0xf0) == 0xe0 ? 3
			 : (text[0] & 0xf8) == 0xf0 ? 4
						    : 0;
	uint32_t c;

	if (!n || n > len)
		return 0;
	c = n == 1 ? text[0] : text[0] & (0x7fU >> n);
	for (unsigned int i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_code = c;
	return n;
}

bool fb_utf8_is_hostile(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xe000 && code <= 0xf8ff) ||
	       code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || code >= 0xe0000;
}

bool fb_utf8_is_plain(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code;
		const unsigned int width = fb_utf8_decode((const unsigned char *)text, left, &code);

		if (!width || fb_utf8_is_hostile(code))
			return false;
		text += width;
		left -= width;
	}
	return true;
}
