/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stands in front of IP most often, read where it is: Ethernet, two tags, PPPoE. */
#pragma once

#include "lib/l2.h"

#define NEAR_TAGS 2    /* in the data, at most */
#define NEAR_FAR  4096 /* no header starts beyond: a bound for the verifier */

/* What is in the linear part, and the tags that were met. */
struct fb_near {
	void *data, *end;
	__u16 vlan[NEAR_TAGS];
	__u16 tags;
};

/* A session's header and the protocol in two bytes; gives the EtherType of what follows, or 0. */
static __always_inline __u16 near_pppoe(const struct fb_near *near, const __u8 *at)
{
	__u16 proto;

	if ((void *)(at + 8) > near->end || at[0] != 0x11 || at[1])
		return 0;
	proto = at[6] << 8 | at[7];
	return proto == PPP_IP ? ETH_P_IP : proto == PPP_IPV6 ? ETH_P_IPV6 : 0;
}

/* The EtherType of the IP header and where it is; 0: none, or not near. */
static __always_inline __u16 near_l2(struct fb_near *near, __u32 *l3)
{
	const __u8 *at = near->data + sizeof(struct ethhdr);
	__u16 type;
	int i;

	if ((void *)at > near->end)
		return 0;
	*l3 = sizeof(struct ethhdr);
	type = bpf_ntohs(*(const __be16 *)(at - 2));
	if (type == ETH_P_IP || type == ETH_P_IPV6)
		return type;
#pragma unroll
	for (i = 0; i < NEAR_TAGS; i++) {
		if (!is_vlan(type))
			break;
		if ((void *)(at + 4) > near->end)
			return 0;
		near->vlan[i] = bpf_ntohs(*(const __be16 *)at) & VLAN_ID;
		near->tags = i + 1;
		type = bpf_ntohs(*(const __be16 *)(at + 2));
		at += 4;
	}
	if (type == ETH_P_PPP_SES) {
		type = near_pppoe(near, at);
		at += 8;
	}
	*l3 = (void *)at - near->data;
	return type;
}
