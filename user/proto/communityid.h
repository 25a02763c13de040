/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community ID version 1, seed 0: a name of a connection that other monitors give it, too.
 * https://github.com/corelight/community-id-spec
 *
 * SHA-1 over  seed(2)  lower address(4, 16)  other address  protocol(1)  0(1)  [ports(2, 2)]
 */
#pragma once

#include <stdint.h>

#define FB_COMMUNITY_ID 31 /* "1:", 28 characters of base64, NUL */

struct fb_community_flow {
	const uint8_t *src, *dst; /* 16 bytes each; IPv4 as ::ffff:a.b.c.d */
	uint8_t family, proto;
	uint16_t src_port, dst_port; /* host order; of ICMP type and code of a message of src's */
};

/*
 * Either order of the ends gives the same. Of ICMP, types that answer each other stand where ports
 * do; a type that has no answer goes one way, and its id is of that.
 */
void fb_community_id(const struct fb_community_flow *flow, char id[static FB_COMMUNITY_ID]);
