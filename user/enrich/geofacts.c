/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/geofacts.h"

#include <string.h>

#include "util/utf8.h"

void fb_geo_take_org(char org[static FB_ORG_TEXT + 1], const char *text, size_t len)
{
	size_t n = 0;

	while (len > 0) {
		uint32_t code;
		const unsigned int width = fb_utf8_decode((const unsigned char *)text, len, &code);

		if (n + width > FB_ORG_TEXT)
			break;
		if (width && code >= 0x20 && (code < 0x7f || code >= 0xa0)) {
			memcpy(org + n, text, width);
			n += width;
		}
		text += width ? width : 1;
		len -= width ? width : 1;
	}
	while (n && org[n - 1] == ' ')
		n--;
	org[n] = '\0';
}

bool fb_geo_take_country(struct fb_place *place, const char *text, size_t len)
{
	if (len != 2 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z')
		return false;
	if (memcmp(text, "ZZ", 2) != 0)
		memcpy(place->country, text, 2);
	return true;
}
