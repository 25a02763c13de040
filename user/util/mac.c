/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/mac.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *fb_mac_format(const uint8_t mac[static 6], char text[static FB_MAC_STRLEN])
{
	snprintf(text, FB_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int fb_mac_parse(const char *text, uint8_t ret_mac[static 6])
{
	uint8_t mac[6];

	for (unsigned int i = 0; i < 6; i++, text += 3) {
		const int high = digit_of(text[0]), low = high < 0 ? -1 : digit_of(text[1]);

		if (low < 0 || (i < 5 ? text[2] != ':' && text[2] != '-' : text[2] != '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_mac, mac, 6);
	return 0;
}
