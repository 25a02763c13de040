/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps of the walk through what stands in front of IP: Ethernet, tags, MPLS, PPPoE, PPP, LLC, and
 * the frames of 802.11 that access points send in tunnels.
 */
#pragma once

#include "lib/cursor.h"
#include "lib/lane.h"

/* What else can stand behind an EtherType than a kind of header that the walk has a step for. */
enum l2_then {
	L2_TAG = WALK_DONE + 1, /* a tag, whose last two bytes are the next EtherType */
	L2_VLAN,		/* a tag that has a VLAN id, too */
	L2_MPLS,
	L2_PPPOE,
};

/*
 * 802.1Q, 802.1ad:  | PCP 3 | DEI 1 | VID 12 | EtherType 16 |
 * MPLS:             | label 20 | TC 3 | S 1 | TTL 8 |   S: the last label
 * PPPoE session:    | 1 1 | code 0 | session 16 | length 16 | PPP protocol 16 |
 * VN-tag, HSR:      | 32 bits | EtherType 16 |
 * E-tag:            | 48 bits | EtherType 16 |
 * FabricPath:       | tree 10 | TTL 6 | Ethernet frame |
 * 802.1ah:          | PCP 3 | DEI 1 | .. | I-SID 24 | Ethernet frame |
 * Cisco MetaData:   | version 8 | length 8 | option 16 | group 16 | EtherType 16 |
 *
 * X(EtherType, bytes behind it that are a header, then)
 */
#define L2_HEADERS(X)                                                                              \
	X(ETH_P_IP, 0, WALK_IP4)                                                                   \
	X(ETH_P_IPV6, 0, WALK_IP6)                                                                 \
	X(ETH_P_8021Q, 4, L2_VLAN)                                                                 \
	X(ETH_P_8021AD, 4, L2_VLAN)                                                                \
	X(ETH_P_QINQ1, 4, L2_VLAN)                                                                 \
	X(ETH_P_QINQ2, 4, L2_VLAN)                                                                 \
	X(ETH_P_MPLS_UC, 4, L2_MPLS)                                                               \
	X(ETH_P_MPLS_MC, 4, L2_MPLS)                                                               \
	X(ETH_P_PPP_SES, 6, L2_PPPOE)                                                              \
	X(ETH_P_VNTAG, 6, L2_TAG)                                                                  \
	X(ETH_P_HSR, 6, L2_TAG)                                                                    \
	X(ETH_P_ETAG, 8, L2_TAG)                                                                   \
	X(ETH_P_CISCO_METADATA, 8, L2_TAG)                                                         \
	X(ETH_P_FABRICPATH, 2, WALK_ETHER)                                                         \
	X(ETH_P_8021AH, 4, WALK_ETHER)                                                             \
	X(ETH_P_PPP, 0, WALK_PPP)                                                                  \
	X(ETH_P_NSH, 0, WALK_NSH)

#define L2_BYTES_MAX 8

static __always_inline bool is_vlan(__u16 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_QINQ1 ||
	       type == ETH_P_QINQ2;
}

static __always_inline int walk_ether(struct __sk_buff *skb, struct fb_walk *w)
{
	struct ethhdr eth;

	if (walk_load(skb, w, &eth, sizeof(eth)) || w->end == w->off + sizeof(eth))
		return FB_STAT_malformed;
	w->off += sizeof(eth);
	w->type = bpf_ntohs(eth.h_proto);
	w->kind = WALK_TYPE;
	return 0;
}

/* LLC with SNAP, behind a length instead of an EtherType: | aa aa 03 | 00 00 00 | EtherType 16 | */
static __always_inline int walk_llc(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 b[8];

	if (w->type >= ETH_P_802_3_MIN || walk_load(skb, w, b, sizeof(b)) || b[0] != 0xaa ||
	    b[1] != 0xaa || b[2] != 3 || b[3] || b[4] || b[5])
		return FB_STAT_non_ip;
	w->type = b[6] << 8 | b[7];
	w->off += sizeof(b);
	return w->type < ETH_P_802_3_MIN ? FB_STAT_non_ip : 0;
}

/* The header of w->type, `bytes` long: constants of the table, folded where it is inlined. */
static __always_inline int walk_header(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p,
				       __u32 bytes, __u8 then)
{
	__u8 b[L2_BYTES_MAX];

	if (bytes && walk_load(skb, w, b, bytes))
		return FB_STAT_malformed;
	w->off += bytes;
	switch (then) {
	case L2_VLAN:
		if (!p->family) /* not in a tunnel */
			vlan_add(p, (b[0] << 8 | b[1]) & VLAN_ID);
		w->type = b[2] << 8 | b[3];
		return 0;
	case L2_TAG:
		w->type = b[bytes - 2] << 8 | b[bytes - 1];
		return 0;
	case L2_MPLS:
		if (b[2] & 1)
			w->kind = WALK_RAW;
		return 0;
	case L2_PPPOE:
		w->kind = WALK_PPP;
		return b[0] == 0x11 && b[1] == 0 ? 0 : FB_STAT_non_ip;
	}
	w->kind = then;
	return 0;
}

static __always_inline int walk_type(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p)
{
	__u32 bytes;
	__u8 then;

	switch (w->type) {
#define X(type, bytes_, then_)                                                                     \
	case type:                                                                                 \
		bytes = bytes_;                                                                    \
		then = then_;                                                                      \
		break;
		L2_HEADERS(X)
#undef X
	default:
		return walk_llc(skb, w);
	}
	return walk_header(skb, w, p, bytes, then);
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
	w->type = 0; /* LLC */
	w->kind = WALK_TYPE;
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
	w->type = proto == PPP_IP ? ETH_P_IP : proto == PPP_IPV6 ? ETH_P_IPV6 : ETH_P_MPLS_UC;
	return proto == PPP_IP || proto == PPP_IPV6 || proto == PPP_MPLS ? 0 : FB_STAT_non_ip;
}
