/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto flow util
/* Any text as ranges with places: what is found is clean, bounded text and a code of two letters.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/georanges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct fb_georanges *ranges, const uint8_t *addr, uint8_t family)
{
	char org[FB_ORG_TEXT + 1] = "";
	struct fb_place place = {0};

	fb_georanges_find(ranges, addr, family, &place, org);
	for (size_t i = 0; org[i]; i++)
		if ((unsigned char)org[i] < ' ' || org[i] == 0x7f)
			abort();
	if (*place.country && (place.country[1] < 'A' || place.country[1] > 'Z'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct fb_georanges *ranges;
	struct fb_geodb_facts facts;
	uint8_t addr[16] = {0};

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	memcpy(addr, data, size < 16 ? size : 16);
	if (fb_georanges_parse(text, size, &ranges, &facts, NULL) == 0) {
		look(ranges, addr, 4);
		look(ranges, addr, 6);
		fb_georanges_free(ranges);
	}
	free(text);
	return 0;
}
