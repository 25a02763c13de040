/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The long way through a packet, one header a step: tags, MPLS, PPPoE, IPv4 options, IPv6
 * extension headers, fragments, tunnels, headers that are not in the linear part. The step is a
 * global function, verified once. A transport header that is reached is committed to fb_pkt; what
 * fails inside a tunnel afterwards leaves the outer flow standing.
 */
#pragma once

#include "lib/frag.h"
#include "lib/pkt.h"

#define WALK_STEPS   40 /* headers, at most */
#define WALK_EXTS    8	/* IPv6 extension headers of one packet, at most */
#define WALK_TUNNELS 6	/* tunnels in tunnels */

enum walk_kind {
	WALK_ETHER, /* Ethernet header */
	WALK_TYPE,  /* what EtherType w->type says */
	WALK_RAW,   /* IPv4 or IPv6, as the first four bits say */
	WALK_IP4,
	WALK_IP6,
	WALK_EXT, /* IPv6 extension header w->proto, or the transport header */
	WALK_L4,
	WALK_GRE,
	WALK_VXLAN,
	WALK_GENEVE,
	WALK_GTP,
	WALK_TEREDO,
	WALK_PPP,
	WALK_WLAN,
	WALK_CAPWAP,
	WALK_GTP0,
	WALK_NSH,
	WALK_DONE,
};

enum walk_fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

struct fb_walk {
	__u64 saddr[2];
	__u64 daddr[2];
	__u32 off;    /* of the next header */
	__u32 end;    /* what holds it ends here */
	__u32 l3;     /* the packet that is walked: offset, ... */
	__u32 ip_len; /* ... total length, ... */
	__u32 unsent; /* ... bytes of it that are not on the wire (jumbogram option of a GSO skb) */
	__be32 frag_id;
	__u16 type;
	__u8 kind;
	__u8 proto;
	__u8 family;
	__u8 tos;
	__u8 exts;
	__u8 fragment; /* enum walk_fragment */
	__u8 more;     /* and it is not the last */
	__u8 frag_proto;
	__u8 tunnels;
	__u8 opened;	 /* a first fragment, whose tunnel is walked: no more of it follows here */
	__u8 counted;	 /* transport headers committed */
	__u32 outer_l3;	 /* of the flow that is counted: offset, ... */
	__u32 outer_len; /* ... total length ... */
	__u32 header;	 /* ... and bytes of headers that every segment has */
	struct fb_frag_key outer_frag; /* what `opened` speaks of, and ... */
	__u32 outer_frag_len;	       /* ... its own IP bytes */
};

static __always_inline int walk_load(struct __sk_buff *skb, const struct fb_walk *w, void *to,
				     __u32 len)
{
	if (w->off + len > w->end)
		return -1;
	return bpf_skb_load_bytes(skb, w->off, to, len) ? -1 : 0;
}

#include "lib/tunnel.h"

/* Not a packet of any flow: bytes behind the link header. */
static __always_inline void pkt_unparsed(struct __sk_buff *skb, struct fb_pkt *p, __u32 l2_len)
{
	__u32 len = pkt_len(skb);

	p->segs = pkt_segs(skb, len);
	p->bytes = len > l2_len ? len - l2_len : 0;
	p->tcp_flags = 0;
	p->payload_len = 0;
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

/*
 * 802.1Q, 802.1ad:  | PCP 3 | DEI 1 | VID 12 | EtherType 16 |
 * MPLS:             | label 20 | TC 3 | S 1 | TTL 8 |   S: the last label
 * PPPoE session:    | 1 1 | code 0 | session 16 | length 16 | PPP protocol 16 |
 * VN-tag, HSR:      | 32 bits | EtherType 16 |
 * E-tag:            | 48 bits | EtherType 16 |
 * FabricPath:       | tree 10 | TTL 6 | Ethernet frame |
 * 802.1ah:          | PCP 3 | DEI 1 | .. | I-SID 24 | Ethernet frame |
 * Cisco MetaData:   | version 8 | length 8 | option 16 | group 16 | EtherType 16 |
 * LLC/SNAP:         | aa aa 03 | OUI 00 00 00 | EtherType 16 |
 */
static __always_inline int walk_type(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p)
{
	__u8 b[8];

	switch (w->type) {
	case ETH_P_IP:
		w->kind = WALK_IP4;
		return 0;
	case ETH_P_IPV6:
		w->kind = WALK_IP6;
		return 0;
	case 0x8100:
	case 0x88a8:
	case 0x9100:
	case 0x9200:
		if (walk_load(skb, w, b, 4))
			return FB_STAT_malformed;
		if (!p->vlan && !p->family)
			p->vlan = (b[0] << 8 | b[1]) & 0xfff;
		w->type = b[2] << 8 | b[3];
		w->off += 4;
		return 0;
	case 0x8847:
	case 0x8848:
		if (walk_load(skb, w, b, 4))
			return FB_STAT_malformed;
		w->off += 4;
		if (b[2] & 1)
			w->kind = WALK_RAW;
		return 0;
	case 0x8903:
	case 0x88e7:
		w->off += w->type == 0x8903 ? 2 : 4;
		w->kind = WALK_ETHER;
		return 0;
	case 0x8926:
	case 0x892f:
		if (walk_load(skb, w, b, 6))
			return FB_STAT_malformed;
		w->type = b[4] << 8 | b[5];
		w->off += 6;
		return 0;
	case 0x8909:
	case 0x893f:
		if (walk_load(skb, w, b, 8))
			return FB_STAT_malformed;
		w->type = b[6] << 8 | b[7];
		w->off += 8;
		return 0;
	case 0x880b:
		w->kind = WALK_PPP;
		return 0;
	case 0x894f:
		w->kind = WALK_NSH;
		return 0;
	case 0x8864:
		if (walk_load(skb, w, b, 6))
			return FB_STAT_malformed;
		if (b[0] != 0x11 || b[1])
			return FB_STAT_non_ip;
		w->off += 6;
		w->kind = WALK_PPP;
		return 0;
	}
	if (w->type >= 0x600 || walk_load(skb, w, b, 8) || b[0] != 0xaa || b[1] != 0xaa ||
	    b[2] != 3 || b[3] || b[4] || b[5])
		return FB_STAT_non_ip;
	w->type = b[6] << 8 | b[7];
	w->off += 8;
	return w->type < 0x600 ? FB_STAT_non_ip : 0;
}

static __always_inline int walk_raw(struct __sk_buff *skb, struct fb_walk *w)
{
	__u8 version;

	if (walk_load(skb, w, &version, 1))
		return FB_STAT_malformed;
	version >>= 4;
	w->kind = version == 4 ? WALK_IP4 : WALK_IP6;
	return version == 4 || version == 6 ? 0 : FB_STAT_non_ip;
}

/* Total length against what is there; 0 in the header of a packet too big to say. */
static __always_inline int walk_ip_len(struct __sk_buff *skb, struct fb_walk *w, __u32 ip_len,
				       bool unsaid)
{
	__u32 there = w->end - w->off;

	if (unsaid && (there > IP_LEN_MAX || skb->gso_size || fb_knobs.replay))
		ip_len = there;
	if (ip_len > there && !fb_knobs.replay && !w->opened)
		return FB_STAT_malformed;
	w->l3 = w->off;
	w->ip_len = ip_len;
	w->end = w->off + ip_len;
	w->unsent = 0;
	w->exts = 0;
	w->fragment = FRAGMENT_NONE;
	return 0;
}

static __always_inline int walk_ip4(struct __sk_buff *skb, struct fb_walk *w)
{
	struct iphdr ip;
	__u32 header;

	if (walk_load(skb, w, &ip, sizeof(ip)))
		return FB_STAT_malformed;
	header = (ip.version_ihl & 15) * 4;
	if (ip.version_ihl >> 4 != 4 || header < sizeof(ip) ||
	    walk_ip_len(skb, w, bpf_ntohs(ip.tot_len), !ip.tot_len) || w->ip_len < header)
		return FB_STAT_malformed;
	w->family = FB_IPV4;
	w->saddr[0] = ip.saddr;
	w->daddr[0] = ip.daddr;
	w->saddr[1] = w->daddr[1] = 0;
	w->proto = w->frag_proto = ip.protocol;
	w->tos = ip.tos;
	if (ip.frag_off & bpf_htons(IP_FRAGMENT)) {
		w->fragment = ip.frag_off & bpf_htons(IP_OFFSET) ? FRAGMENT_LATER : FRAGMENT_FIRST;
		w->frag_id = ip.id;
		w->more = !!(ip.frag_off & bpf_htons(IP_MORE));
	}
	w->off += header;
	w->kind = w->proto == IPPROTO_AH && w->fragment != FRAGMENT_LATER ? WALK_EXT : WALK_L4;
	return 0;
}

static __always_inline int walk_ip6(struct __sk_buff *skb, struct fb_walk *w)
{
	struct ipv6hdr ip;

	if (walk_load(skb, w, &ip, sizeof(ip)) || bpf_ntohl(ip.flow) >> 28 != 6 ||
	    walk_ip_len(skb, w, bpf_ntohs(ip.payload_len) + sizeof(ip),
			!ip.payload_len && ip.nexthdr != 59))
		return FB_STAT_malformed;
	w->family = FB_IPV6;
	__builtin_memcpy(w->saddr, ip.saddr, sizeof(w->saddr));
	__builtin_memcpy(w->daddr, ip.daddr, sizeof(w->daddr));
	w->proto = ip.nexthdr;
	w->tos = bpf_ntohl(ip.flow) >> 20;
	w->off += sizeof(ip);
	w->kind = WALK_EXT;
	return 0;
}

/*
 * Hop-by-hop 0, routing 43, destination 60, mobility 135, HIP 139, shim6 140:
 *     | next 8 | length 8, in units of 8 bytes behind the first 8 | ...
 * Authentication 51: the same in units of 4 bytes, less 2
 * Fragment 44: | next 8 | 0 | offset 13 | 0 0 | more 1 | identification 32 |
 */
static __always_inline int walk_ext(struct __sk_buff *skb, struct fb_walk *w)
{
	__u32 len;
	__u16 offset;
	__u8 b[8];

	switch (w->proto) {
	case 0:
	case 43:
	case 44:
	case IPPROTO_AH:
	case 60:
	case 135:
	case 139:
	case 140:
		break;
	default:
		w->kind = WALK_L4;
		return 0;
	}
	if (w->family == FB_IPV4 && w->proto != IPPROTO_AH) {
		w->kind = WALK_L4; /* IPv4 has one of them */
		return 0;
	}
	if (++w->exts > WALK_EXTS || walk_load(skb, w, b, 8))
		return FB_STAT_malformed;
	len = w->proto == 44 ? 8 : w->proto == IPPROTO_AH ? (b[1] + 2) * 4 : (b[1] + 1) * 8;
	if (w->off + len > w->end)
		return FB_STAT_malformed;
	if (w->proto == 44) {
		offset = b[2] << 8 | b[3];
		if (offset & 0xfff9) {
			w->fragment = offset & 0xfff8 ? FRAGMENT_LATER : FRAGMENT_FIRST;
			__builtin_memcpy(&w->frag_id, b + 4, 4);
			w->frag_proto = b[0];
			w->more = offset & 1;
		}
	} else if (w->proto == 0 && len == 8 && b[2] == 0xc2 && skb->gso_size) {
		w->unsent = 8; /* the kernel's own mark of a big skb, taken off before the wire */
	}
	w->proto = b[0];
	w->off += len;
	if (w->fragment == FRAGMENT_LATER)
		w->kind = WALK_L4;
	return 0;
}

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static __always_inline void walk_frag_key(struct fb_frag_key *key, const struct fb_walk *w,
					  __u16 link)
{
	__builtin_memcpy(key->addr[0], w->saddr, sizeof(w->saddr));
	__builtin_memcpy(key->addr[1], w->daddr, sizeof(w->daddr));
	key->id = w->frag_id;
	key->proto = w->frag_proto;
	key->family = w->family;
	key->link = link;
}

/* Errors quote the packet that they are about: all of the message is payload. */
static __always_inline bool icmp_quotes(__u8 proto, __u8 type)
{
	return proto == IPPROTO_ICMPV6
		       ? type >= 1 && type <= 4
		       : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* The rest of the transport header: flags, payload; how long a header each segment repeats. */
static __always_inline void walk_payload(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p)
{
	struct tcphdr tcp;
	__u32 left = w->end - w->off, header = 0, length = left;
	__u8 *b = (__u8 *)&tcp;
	bool quotes = false;

	p->tcp_flags = p->icmp_type = p->icmp_code = 0;
	if (w->proto == IPPROTO_TCP && left >= 14 && !bpf_skb_load_bytes(skb, w->off, &tcp, 14)) {
		p->tcp_flags = tcp.flags;
		header = tcp.doff >> 4 << 2;
		if (header < sizeof(tcp))
			header = 0;
	} else if (w->proto == IPPROTO_UDP && !walk_load(skb, w, &tcp, 8)) {
		header = 8;
		if (!skb->gso_size)
			length = b[4] << 8 | b[5];
	} else if (w->proto == IPPROTO_SCTP) {
		header = 12;
	} else if ((w->proto == IPPROTO_ICMP || w->proto == IPPROTO_ICMPV6) &&
		   !walk_load(skb, w, b, 2)) {
		p->icmp_type = b[0];
		p->icmp_code = b[1];
		quotes = icmp_quotes(w->proto, b[0]);
	}
	p->l4 = w->off;
	p->payload = w->off + header;
	p->payload_len = 0;
	if ((header || quotes) && header <= length && length <= left &&
	    w->fragment == FRAGMENT_NONE)
		p->payload_len = length - header;
	w->header = p->payload - w->outer_l3 - w->unsent;
}

/* A later fragment: its flow is that of the first. */
static __always_inline int walk_later(struct fb_walk *w, struct fb_pkt *p,
				      const struct fb_frag_key *key)
{
	struct fb_frag *frag = frag_recall(key);

	if (!frag && (has_ports(w->proto) || w->family == FB_IPV6))
		return FB_STAT_fragment;
	w->kind = WALK_DONE;
	if (p->family && !fb_knobs.decap)
		return 0;
	w->header = 0;
	w->outer_len = w->ip_len;
	w->counted++;
	p->tcp_flags = p->icmp_type = p->icmp_code = 0;
	p->payload_len = 0;
	p->tos = w->tos;
	if (frag && frag->opened && fb_knobs.decap) {
		frag_inner(frag, p);
		if (!w->more)
			w->outer_len = frag->len;
		return 0;
	}
	p->proto = frag ? frag->proto : w->proto;
	if (w->family == FB_IPV4)
		pkt_key4(p, w->saddr[0], w->daddr[0], frag ? frag->port[0] : 0,
			 frag ? frag->port[1] : 0);
	else if (frag)
		pkt_key6(p, w->saddr, w->daddr, frag->port[0], frag->port[1]);
	return 0;
}

static __always_inline int walk_l4(struct __sk_buff *skb, struct fb_walk *w, struct fb_pkt *p)
{
	bool ports = has_ports(w->proto), first = w->fragment == FRAGMENT_FIRST;
	struct fb_frag_key key = {};
	__be16 port[2] = {};

	walk_frag_key(&key, w, p->link);
	if (w->fragment == FRAGMENT_LATER)
		return walk_later(w, p, &key);
	if (ports && walk_load(skb, w, port, 4))
		return FB_STAT_malformed;
	if (first)
		frag_remember(&key, port[0], port[1], w->proto);
	w->kind = WALK_DONE;
	if (p->family && !fb_knobs.decap) {
		/* inside a tunnel that is not opened: the headers that each segment repeats */
		struct fb_pkt inner = {};

		walk_payload(skb, w, &inner);
		return 0;
	}
	p->proto = w->proto;
	p->tos = w->tos;
	w->outer_l3 = w->l3;
	w->outer_len = w->ip_len - w->unsent;
	w->counted++;
	walk_payload(skb, w, p);
	if (w->family == FB_IPV4)
		pkt_key4(p, w->saddr[0], w->daddr[0], port[0], port[1]);
	else
		pkt_key6(p, w->saddr, w->daddr, port[0], port[1]);
	if (fb_knobs.decap || (skb->gso_size && !first))
		walk_tunnel(w, port[0], port[1]);
	if (first && w->kind != WALK_DONE && !w->opened) {
		w->outer_frag = key;
		w->outer_frag_len = w->ip_len;
		w->opened = w->counted;
	}
	return 0;
}

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
		cause = 0; /* what is wrong inside a tunnel is a matter of the outer flow's */
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
