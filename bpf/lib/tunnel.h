/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps of the walk through tunnel headers. Taken only with --decap, to the innermost flow, and
 * for GSO packets, whose every segment repeats the inner headers too.
 */
#pragma once

#define IPPROTO_IPIP   4
#define IPPROTO_IPV6   41
#define IPPROTO_GRE    47
#define IPPROTO_AH     51
#define IPPROTO_ICMPV6 58
#define IPPROTO_SCTP   132
#define IPPROTO_MPLS   137

#define ETH_P_MPLS     0x8847
#define ETH_P_TEB      0x6558 /* Ethernet in GRE, Geneve */

/* What follows the transport header just committed: a tunnel, or the walk is done. */
static __always_inline void walk_tunnel(struct fb_walk *w, __be16 sport, __be16 dport)
{
	__u8 kind = WALK_DONE;

	if (++w->tunnels > WALK_TUNNELS)
		return;
	if (w->proto == IPPROTO_IPIP) {
		kind = WALK_IP4;
	} else if (w->proto == IPPROTO_IPV6) {
		kind = WALK_IP6;
	} else if (w->proto == IPPROTO_GRE) {
		kind = WALK_GRE;
	} else if (w->proto == IPPROTO_MPLS) {
		kind = WALK_TYPE;
		w->type = ETH_P_MPLS;
	} else if (w->proto == IPPROTO_UDP) {
		switch (bpf_ntohs(dport)) {
		case 4789:
		case 4790:
		case 8472:
			kind = WALK_VXLAN;
			break;
		case 6081:
			kind = WALK_GENEVE;
			break;
		case 2152:
			kind = WALK_GTP;
			break;
		case 4754:
			kind = WALK_GRE;
			break;
		case 6635:
			kind = WALK_TYPE;
			w->type = ETH_P_MPLS;
			break;
		case 3386:
			kind = WALK_GTP0;
			break;
		case 5247:
			kind = WALK_CAPWAP;
			break;
		case 3544:
			kind = WALK_TEREDO;
			break;
		}
		if (kind == WALK_DONE && sport == bpf_htons(3544))
			kind = WALK_TEREDO;
		else if (kind == WALK_DONE && sport == bpf_htons(2152))
			kind = WALK_GTP;
		else if (kind == WALK_DONE && sport == bpf_htons(5247))
			kind = WALK_CAPWAP;
		if (kind != WALK_DONE)
			w->off += 8;
	}
	w->kind = kind;
}

/*
 * | C R K S 0.. A . | version 3 | protocol 16 |, then 4 bytes for each of C, K, S, and A in
 * version 1 (PPTP, whose K is always there). ERSPAN I has no header, II 8 bytes (S is set),
 * III 12, and 8 more with bit O.
 */
static __always_inline int walk_gre(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[4], last;
	__u32 len = 4;

	if (walk_load(skb, w, b, 4))
		return FB_STAT_malformed;
	w->type = b[2] << 8 | b[3];
	if (b[0] & 0x40)
		return FB_STAT_malformed; /* source routes: nobody */
	len += (b[0] & 0x80 ? 4 : 0) + (b[0] & 0x20 ? 4 : 0) + (b[0] & 0x10 ? 4 : 0);
	if ((b[1] & 7) == 1) {
		if (b[1] & 0x80)
			len += 4;
		if (!(b[0] & 0x10))
			return FB_STAT_non_ip; /* an acknowledgement */
		w->kind = WALK_PPP;
	} else {
		w->kind = w->type == ETH_P_TEB ? WALK_ETHER : WALK_TYPE;
	}
	w->off += len;
	if (w->type >> 8 == 0x82) {
		w->kind = WALK_WLAN; /* Aruba's */
	} else if (w->type == 0x883e) {
		/* WCCP: version 2 has four bytes of its own */
		w->kind = WALK_RAW;
		if (walk_load(skb, w, &last, 1))
			return FB_STAT_malformed;
		w->off += last >> 4 == 4 ? 0 : 4;
	} else if (w->type == 0x88be) {
		w->kind = WALK_ETHER;
		w->off += b[0] & 0x10 ? 8 : 0;
	} else if (w->type == 0x22eb) {
		w->kind = WALK_ETHER;
		w->off += 11;
		if (walk_load(skb, w, &last, 1))
			return FB_STAT_malformed;
		w->off += last & 1 ? 9 : 1;
	}
	return 0;
}

/* What a next protocol of VXLAN-GPE or of NSH says. */
static __always_inline int walk_next(struct fb_walk *w, __u8 next)
{
	w->kind = next == 3 ? WALK_ETHER : next == 4 ? WALK_NSH : WALK_RAW;
	return next >= 1 && next <= 4 ? 0 : FB_STAT_non_ip;
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
	return walk_next(w, b[0] & 0x04 ? b[3] : 3);
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

/*
 * | subtype 4, type 2: data, version 2: 0 | flags 8 | duration 16 | 3 addresses | sequence 16 |,
 * a fourth address between access points, 2 bytes with QoS. Some send the first two swapped.
 */
static __always_inline int walk_wlan(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[2], control, flags;

	if (walk_load(skb, w, b, 2))
		return FB_STAT_malformed;
	control = b[0] & 3 ? b[1] : b[0];
	flags = b[0] & 3 ? b[0] : b[1];
	if ((control & 0x0f) != 8)
		return FB_STAT_non_ip;
	w->off += 24 + ((flags & 3) == 3 ? 6 : 0) + (control & 0x80 ? 2 : 0);
	w->type = 0; /* LLC/SNAP */
	w->kind = WALK_TYPE;
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

/* Optional | ff 03 |, then the protocol in one byte (odd) or two */
static __always_inline int walk_ppp(struct __sk_buff *skb, struct fb_walk *w)
{
	__u16 proto;
	__u8 b[2];

	if (walk_load(skb, w, b, 2))
		return FB_STAT_malformed;
	if (b[0] == 0xff && b[1] == 0x03) {
		w->off += 2;
		if (walk_load(skb, w, b, 2))
			return FB_STAT_malformed;
	}
	proto = b[0] & 1 ? b[0] : b[0] << 8 | b[1];
	w->off += b[0] & 1 ? 1 : 2;
	w->kind = WALK_TYPE;
	w->type = proto == 0x21 ? ETH_P_IP : proto == 0x57 ? ETH_P_IPV6 : ETH_P_MPLS;
	return proto == 0x21 || proto == 0x57 || proto == 0x281 ? 0 : FB_STAT_non_ip;
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
	case WALK_PPP:
		return walk_ppp(skb, w);
	case WALK_WLAN:
		return walk_wlan(skb, w);
	case WALK_CAPWAP:
		return walk_capwap(skb, w);
	case WALK_GTP0:
		return walk_gtp0(skb, w);
	case WALK_NSH:
		return walk_nsh(skb, w);
	}
	return FB_STAT_malformed;
}
