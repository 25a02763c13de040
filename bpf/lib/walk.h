/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The long way through a packet, one header a step: tags, MPLS, PPPoE, IPv4 options, IPv6
 * extension headers, fragments, tunnels, headers that are not in the linear part. The step is a
 * global function, verified once. A transport header that is reached is committed to fb_pkt; what
 * fails inside a tunnel afterwards leaves the outer flow standing.
 */
#pragma once

#include "lib/cursor.h"
#include "lib/frag.h"
#include "lib/ip.h"
#include "lib/l2.h"
#include "lib/transport.h"
#include "lib/tunnel.h"

#define WALK_STEPS 40 /* headers, at most */

__noinline int walk_step(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p)
{
	if (!w || !p)
		return FB_STAT_malformed;
	switch (w->kind) {
	case WALK_ETHER:
		return walk_ether(skb, w);
	case WALK_TYPE:
		return walk_type(skb, w, p);
	case WALK_RAW:
		return walk_raw(skb, w);
	case WALK_IP4:
		return walk_ip4(skb, w);
	case WALK_IP6:
		return walk_ip6(skb, w);
	case WALK_EXT:
		return walk_ext(skb, w);
	case WALK_L4:
		return walk_l4(skb, w, p);
	case WALK_PPP:
		return walk_ppp(skb, w);
	case WALK_WLAN:
		return walk_wlan(skb, w);
	}
	return walk_tunnel_step(skb, w);
}

/* 0: `p` is complete. Else the cause: enum fb_stat, a conserved one. */
__noinline int pkt_walk(struct __sk_buff *skb, struct fb_pkt *p, __u32 l2_len)
{
	struct fb_walk w = {};
	int cause = 0, i;

	if (!p)
		return FB_STAT_malformed;
	w.kind = l2_len == sizeof(struct ethhdr) ? WALK_ETHER : WALK_RAW;
	w.end = pkt_len(skb);
	for (i = 0; i < WALK_STEPS && !cause && w.kind != WALK_DONE; i++)
		cause = walk_step(skb, &w, p);
	if (!cause && !p->family)
		cause = FB_STAT_malformed; /* more headers than anyone sends */
	if (p->family && (cause != FB_STAT_fragment || !fb_knobs.decap))
		cause = 0; /* wrong inside a tunnel: it counts to the outer flow */
	if (w.opened && w.counted > w.opened && !cause) {
		frag_open(&w.outer_frag, p, w.outer_len);
		w.outer_len = w.outer_frag_len;
	}
	if (cause) {
		pkt_unparsed(skb, p, l2_len);
		if (cause == FB_STAT_fragment)
			p->bytes = w.ip_len;
		return cause;
	}
	p->segs = pkt_segs(skb, p->payload_len);
	p->bytes = w.outer_len + (p->segs - 1) * w.header;
	return 0;
}
