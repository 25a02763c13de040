/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/ration.h"

#include <string.h>

#include <flowbpf/key.h>

#include "util/hash.h"

#define PREFIX_BYTES 8 /* of an IPv6 address: a network, that its owner fills as they like */

struct fb_source fb_source_of(const uint8_t addr[static 16], uint8_t family)
{
	struct fb_source source = {.key = {[FB_SHARES_KEY - 1] = family}};

	memcpy(source.key, addr, family == FB_IPV6 ? PREFIX_BYTES : 16);
	source.bucket = (uint32_t)fb_hash(source.key, sizeof(source.key), 0) % FB_RATION_SOURCES;
	return source;
}

void fb_ration_reset(struct fb_ration *ration)
{
	ration->spent = 0;
	memset(ration->by, 0, sizeof(ration->by));
}
