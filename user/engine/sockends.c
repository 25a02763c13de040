/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/sockends.h"

#include <stdbool.h>
#include <string.h>

#include "flow/flow.h"

void fb_sockends_of(const struct fb_flow *flow, enum fb_sockends of, struct fb_owner_ends *ends)
{
	const struct fb_flow_nat *nat = of == FB_SOCKENDS_SERVER ? flow->nat : NULL;
	const bool src = nat && nat->src_family, dst = nat && nat->dst_family;

	memcpy(ends->addr[of], src ? nat->src : flow->src, 16);
	memcpy(ends->addr[!of], dst ? nat->dst : flow->dst, 16);
	ends->port[of] = src ? nat->src_port : flow->src_port;
	ends->port[!of] = dst ? nat->dst_port : flow->dst_port;
}
