/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps of the walk through tunnel headers. Taken only with --decap, to the innermost flow, and
 * for GSO packets, whose every segment repeats the inner headers too.
 */
#pragma once

#include "lib/cursor.h"

#define WALK_TUNNELS 6 /* tunnels in tunnels */

/* X(UDP port, header behind it, whether answers come from the port, too) */
#define TUNNEL_PORTS(X)                                                                            \
	X(PORT_VXLAN, WALK_VXLAN, false)                                                           \
	X(PORT_VXLAN_GPE, WALK_VXLAN, false)                                                       \
	X(PORT_VXLAN_LINUX, WALK_VXLAN, false)                                                     \
	X(PORT_GENEVE, WALK_GENEVE, false)                                                         \
	X(PORT_GRE, WALK_GRE, false)                                                               \
	X(PORT_MPLS, WALK_TYPE, false)                                                             \
	X(PORT_GTP0, WALK_GTP0, false)                                                             \
	X(PORT_GTPU, WALK_GTP, true)                                                               \
	X(PORT_CAPWAP, WALK_CAPWAP, true)                                                          \
	X(PORT_TEREDO, WALK_TEREDO, true)

static __always_inline __u8 tunnel_of(__u16 port, bool answer)
{
	switch (port) {
#define X(number, kind, answers)                                                                   \
	case number:                                                                               \
		return !answer || (answers) ? kind : WALK_DONE;
		TUNNEL_PORTS(X)
#undef X
	}
	return WALK_DONE;
}

static __always_inline __u8 tunnel_kind(struct fb_walk *w, __u16 sport, __u16 dport)
{
	__u8 kind;

	switch (w->proto) {
	case IPPROTO_IPIP:
		return WALK_IP4;
	case IPPROTO_IPV6:
		return WALK_IP6;
	case IPPROTO_GRE:
		return WALK_GRE;
	case IPPROTO_MPLS:
		return WALK_TYPE;
	case IPPROTO_UDP:
		kind = tunnel_of(dport, false);
		if (kind == WALK_DONE)
			kind = tunnel_of(sport, true);
		if (kind != WALK_DONE)
			w->off += sizeof(struct udphdr);
		return kind;
	}
	return WALK_DONE;
}

/* What follows the transport header just committed: a tunnel, or the walk is done. */
static __always_inline void walk_tunnel(struct fb_walk *w, __u16 sport, __u16 dport)
{
	if (++w->tunnels > WALK_TUNNELS)
		return;
	w->kind = tunnel_kind(w, sport, dport);
	if (w->kind == WALK_TYPE)
		w->type = ETH_P_MPLS_UC; /* the one that is carried without its EtherType */
}

#define GRE_CHECKSUM  0x80
#define GRE_ROUTING   0x40
#define GRE_KEY	      0x20
#define GRE_SEQUENCE  0x10
#define GRE_VERSION   0x07 /* of the second byte, as ... */
#define GRE_PPTP      1
#define GRE_ACK	      0x80

#define ERSPAN2_BYTES 8
#define ERSPAN3_BYTES 12
#define ERSPAN3_MORE  1 /* bit O of its last byte: 8 bytes more */

/* Mirrored frames behind GRE. ERSPAN I has no header, II one if S is set. */
static __always_inline int walk_erspan3(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 last;

	w->kind = WALK_ETHER;
	w->off += ERSPAN3_BYTES - 1;
	if (walk_load(skb, w, &last, 1))
		return FB_STAT_malformed;
	w->off += last & ERSPAN3_MORE ? 9 : 1;
	return 0;
}

/* WCCP: version 2 has four bytes of its own in front of the packet. */
static __always_inline int walk_wccp(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 first;

	w->kind = WALK_RAW;
	if (walk_load(skb, w, &first, 1))
		return FB_STAT_malformed;
	w->off += first >> 4 == 4 ? 0 : 4;
	return 0;
}

/*
 * | C R K S 0.. A . | version 3 | protocol 16 |, then 4 bytes for each of C, K, S, and A in
 * version 1 (PPTP, whose K is always there).
 */
static __always_inline int walk_gre(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4];
	__u32 len = 4;

	if (walk_load(skb, w, b, 4) || b[0] & GRE_ROUTING)
		return FB_STAT_malformed; /* source routes: nobody */
	w->type = b[2] << 8 | b[3];
	len += (b[0] & GRE_CHECKSUM ? 4 : 0) + (b[0] & GRE_KEY ? 4 : 0) +
	       (b[0] & GRE_SEQUENCE ? 4 : 0);
	w->kind = w->type == ETH_P_TEB ? WALK_ETHER : WALK_TYPE;
	if ((b[1] & GRE_VERSION) == GRE_PPTP) {
		if (!(b[0] & GRE_SEQUENCE))
			return FB_STAT_non_ip; /* an acknowledgement */
		len += b[1] & GRE_ACK ? 4 : 0;
		w->kind = WALK_PPP;
	}
	w->off += len;
	if (w->type == ETH_P_WCCP)
		return walk_wccp(skb, w);
	if (w->type == ETH_P_ERSPAN3)
		return walk_erspan3(skb, w);
	if (w->type == ETH_P_ERSPAN) {
		w->kind = WALK_ETHER;
		w->off += b[0] & GRE_SEQUENCE ? ERSPAN2_BYTES : 0;
	} else if ((w->type & 0xff00) == ETH_P_ARUBA) {
		w->kind = WALK_WLAN;
	}
	return 0;
}

/* Next protocols of VXLAN-GPE and of NSH. */
enum { NEXT_IP4 = 1, NEXT_IP6, NEXT_ETHER, NEXT_NSH };

static __always_inline int walk_next(struct fb_walk *w, __u8 next)
{
	w->kind = next == NEXT_ETHER ? WALK_ETHER : next == NEXT_NSH ? WALK_NSH : WALK_RAW;
	return next >= NEXT_IP4 && next <= NEXT_NSH ? 0 : FB_STAT_non_ip;
}

/* | version 2, flags 2, TTL 6, length 6, in units of 4 bytes | metadata type 8 | next 8 | .. */
static __always_inline int walk_nsh(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4];

	if (walk_load(skb, w, b, 4) || (b[1] & 63) < 2)
		return FB_STAT_malformed;
	w->off += (b[1] & 63) * 4;
	return walk_next(w, b[3]);
}

/* | flags 8: I 0x08, P 0x04 | 0 16 | next 8, with P | VNI 24 | 0 | */
static __always_inline int walk_vxlan(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4];

	if (walk_load(skb, w, b, 4) || !(b[0] & 0x08))
		return FB_STAT_malformed;
	w->off += 8;
	return walk_next(w, b[0] & 0x04 ? b[3] : NEXT_ETHER);
}

/* | version 2 | options 6, in units of 4 bytes | O C 0 8 | protocol 16 | VNI 24 | 0 | options */
static __always_inline int walk_geneve(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4];

	if (walk_load(skb, w, b, 4) || b[0] >> 6)
		return FB_STAT_malformed;
	w->off += 8 + (b[0] & 63) * 4;
	w->type = b[2] << 8 | b[3];
	w->kind = w->type == ETH_P_TEB ? WALK_ETHER : WALK_TYPE;
	return 0;
}

/*
 * | version 3, PT 1, 0, E, S, PN | type 8 | length 16 | TEID 32 |, with E, S or PN 4 bytes more,
 * the last of them the type of the next extension: | length 8, in units of 4 | ... | next 8 |
 */
static __always_inline int walk_gtp(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4], len;
	int i;

	if (walk_load(skb, w, b, 4) || b[0] >> 4 != 3 || b[1] != 255)
		return FB_STAT_non_ip;
	w->off += 8;
	w->kind = WALK_RAW;
	if (!(b[0] & 7))
		return 0;
	len = b[0] & 4;
	if (walk_load(skb, w, b, 4))
		return FB_STAT_malformed;
	w->off += 4;
	if (!len)
		return 0;
	for (i = 0; i < 4 && b[3]; i++) {
		if (walk_load(skb, w, &len, 1) || !len)
			return FB_STAT_malformed;
		w->off += len * 4 - 1;
		if (walk_load(skb, w, &b[3], 1))
			return FB_STAT_malformed;
		w->off += 1;
	}
	return b[3] ? FB_STAT_malformed : 0;
}

/* | version 3, PT 1, 1 1 1, S | type 8 | length 16 | sequence, label .. 32 | .. | TID 64 | */
static __always_inline int walk_gtp0(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[2];

	if (walk_load(skb, w, b, 2) || b[0] >> 4 != 1 || b[1] != 255)
		return FB_STAT_non_ip;
	w->off += 20;
	w->kind = WALK_RAW;
	return 0;
}

/* | version 4, type 4 | header length 5, in units of 4 | ..., then a frame of 802.11 */
static __always_inline int walk_capwap(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[2];

	if (walk_load(skb, w, b, 2) || b[0])
		return FB_STAT_non_ip; /* encrypted */
	w->off += (b[1] >> 3) * 4;
	w->kind = WALK_WLAN;
	return 0;
}

/* Optional | 00 01 | id length | auth length | ... nonce 8 | confirm 1 |, | 00 00 | 6 bytes | */
static __always_inline int walk_teredo(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4];

	if (walk_load(skb, w, b, 4))
		return FB_STAT_malformed;
	if (b[0] == 0 && b[1] == 1) {
		w->off += 13 + b[2] + b[3];
		if (walk_load(skb, w, b, 4))
			return FB_STAT_malformed;
	}
	if (b[0] == 0 && b[1] == 0)
		w->off += 8;
	w->kind = WALK_IP6;
	return 0;
}

static __always_inline int walk_tunnel_step(struct __sk_buff *skb, struct fb_walk *w)
{
	switch (w->kind) {
	case WALK_GRE:
		return walk_gre(skb, w);
	case WALK_VXLAN:
		return walk_vxlan(skb, w);
	case WALK_GENEVE:
		return walk_geneve(skb, w);
	case WALK_GTP:
		return walk_gtp(skb, w);
	case WALK_TEREDO:
		return walk_teredo(skb, w);
	case WALK_CAPWAP:
		return walk_capwap(skb, w);
	case WALK_GTP0:
		return walk_gtp0(skb, w);
	case WALK_NSH:
		return walk_nsh(skb, w);
	}
	return FB_STAT_malformed;
}
