/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside and outside: a table of prefixes, then the user's own. */
#include "enrich/scope.h"

#include <errno.h>
#include <string.h>

#define V4(a, b, c, d) {[10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b), [14] = (c), [15] = (d)}

static const struct fb_cidr internal_blocks[] = {
	{V4(10, 0, 0, 0), 4, 96 + 8},	  /* RFC 1918 */
	{V4(172, 16, 0, 0), 4, 96 + 12},  /* RFC 1918 */
	{V4(192, 168, 0, 0), 4, 96 + 16}, /* RFC 1918 */
	{V4(100, 64, 0, 0), 4, 96 + 10},  /* RFC 6598, behind a carrier's NAT */
	{V4(169, 254, 0, 0), 4, 96 + 16}, /* RFC 3927, link-local */
	{V4(127, 0, 0, 0), 4, 96 + 8},	  /* RFC 1122, loopback */
	{V4(0, 0, 0, 0), 4, 96 + 8},	  /* RFC 1122, this network */
	{V4(224, 0, 0, 0), 4, 96 + 4},	  /* RFC 5771, multicast */
	{V4(255, 255, 255, 255), 4, 128}, /* RFC 919, broadcast */
	{{0xfc}, 6, 7},			  /* RFC 4193, ULA */
	{{0xfe, 0x80}, 6, 10},		  /* RFC 4291, link-local */
	{{0xff}, 6, 8},			  /* RFC 4291, multicast */
	{{[15] = 1}, 6, 128},		  /* RFC 4291, loopback */
	{{0}, 6, 128},			  /* RFC 4291, unspecified */
};

int fb_scope_init(struct fb_scope_list *list, const struct fb_cidr *internal, unsigned int n)
{
	list->n = 0;
	if (n > FB_SCOPE_EXTRA)
		return -ENOSPC;
	if (n > 0)
		memcpy(list->extra, internal, n * sizeof(*internal));
	list->n = n;
	return 0;
}

static bool contains(const struct fb_cidr *blocks, unsigned int n, const uint8_t *addr,
		     uint8_t family)
{
	for (unsigned int i = 0; i < n; i++)
		if (fb_cidr_contains(&blocks[i], addr, family))
			return true;
	return false;
}

const struct fb_cidr *fb_scope_private(unsigned int *ret_n)
{
	*ret_n = sizeof(internal_blocks) / sizeof(*internal_blocks);
	return internal_blocks;
}

bool fb_scope_is_private(const uint8_t addr[static 16], uint8_t family)
{
	return contains(internal_blocks, sizeof(internal_blocks) / sizeof(*internal_blocks), addr,
			family);
}

bool fb_scope_is_internal(const struct fb_scope_list *list, const uint8_t addr[static 16],
			  uint8_t family)
{
	return fb_scope_is_private(addr, family) || contains(list->extra, list->n, addr, family);
}

enum fb_scope fb_scope_of(const struct fb_scope_list *list, const struct fb_flow *flow)
{
	const bool src = fb_scope_is_internal(list, flow->src, flow->family);
	const bool dst = fb_scope_is_internal(list, flow->dst, flow->family);
	const struct fb_flow_nat *nat = flow->nat;
	bool inside = dst;

	/* A port of the router that leads to a server inside: asked for from outside, or inside. */
	if (nat && nat->dst_family)
		inside = inside || fb_scope_is_internal(list, nat->dst, nat->dst_family);
	if (src)
		return inside ? FB_SCOPE_INTERNAL : FB_SCOPE_INTERNAL_EXTERNAL;
	return inside ? FB_SCOPE_EXTERNAL_INTERNAL : FB_SCOPE_EXTERNAL;
}
