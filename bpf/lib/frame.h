/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A frame before there is an skb: what rules go by, read from its first buffer as the data path at
 * TC reads it. What is not read here goes on to TC, which reads everything.
 */
#pragma once

#include "lib/ethernet.h"
#include "lib/ip.h"
#include "lib/pkt.h"

#define FRAME_EXTS 3
#define FRAME_L3   63 /* the IP header begins within so many bytes */

struct fb_frame {
	struct fb_near near;
	struct fb_pkt pkt; /* its lane is that of the interface without tags */
	struct fb_frag_key later;
	__u32 len;     /* of all buffers */
	__be32 seq;    /* TCP */
	bool is_later; /* a fragment that has no ports: `later` says of what */
};

/* Ports, flags and type of what p->proto says is at `at`; false: it is not all there. */
static __always_inline bool frame_l4(struct fb_frame *f, const void *at, __u32 left, __u16 *port)
{
	struct fb_pkt *p = &f->pkt;
	const struct tcphdr *tcp = at;
	const __be16 *ports = at;
	const __u8 *type = at;

	if (f->is_later)
		return true;
	if (p->proto == IPPROTO_TCP) {
		if ((const void *)(tcp + 1) > f->near.end || left < sizeof(*tcp))
			return false;
		p->tcp_flags = tcp->flags;
		f->seq = tcp->seq;
	} else if (p->proto == IPPROTO_ICMPV6) {
		if ((const void *)(type + 1) > f->near.end || !left)
			return false;
		p->icmp_type = *type;
		return true;
	} else if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_SCTP) {
		return true;
	}
	if ((const void *)(ports + 2) > f->near.end || left < 4)
		return false;
	port[0] = bpf_ntohs(ports[0]);
	port[1] = bpf_ntohs(ports[1]);
	return true;
}

static __always_inline bool frame_ip4(struct fb_frame *f, __u32 l3)
{
	const struct iphdr *ip = f->near.data + l3;
	struct fb_pkt *p = &f->pkt;
	__u16 port[2] = {};
	__u32 header;

	if ((const void *)(ip + 1) > f->near.end || ip->version_ihl >> 4 != 4)
		return false;
	header = (ip->version_ihl & 15) * 4;
	p->bytes = bpf_ntohs(ip->tot_len);
	if (header < sizeof(*ip) || p->bytes < header || p->bytes > f->len - l3)
		return false;
	p->proto = ip->protocol;
	f->is_later = ip->frag_off & bpf_htons(IP_OFFSET);
	if (f->is_later) {
		*(__be32 *)f->later.addr[0] = ip->saddr;
		*(__be32 *)f->later.addr[1] = ip->daddr;
		f->later.id = ip->id;
	}
	if (!f->is_later && is_ext(p->proto, FB_IPV4))
		return false;
	if (!frame_l4(f, (const void *)ip + header, p->bytes - header, port))
		return false;
	pkt_key4(p, ip->saddr, ip->daddr, port[0], port[1]);
	return true;
}

/* Behind the extension headers; 0: there are too many, or they are not all there. */
static __always_inline __u32 frame_exts(struct fb_frame *f, const struct ipv6hdr *ip)
{
	__u32 at = sizeof(*ip);
	__u16 offset;
	int i;

	for (i = 0; i < FRAME_EXTS && !f->is_later && is_ext(f->pkt.proto, FB_IPV6); i++) {
		const __u8 *b = (const void *)ip + at;

		if ((const void *)(b + 8) > f->near.end)
			return 0;
		if (f->pkt.proto == IPPROTO_FRAGMENT) {
			offset = b[2] << 8 | b[3];
			f->is_later = offset & IP6_OFFSET;
			f->later.id = *(const __be32 *)(b + 4);
		}
		at += ext_len(f->pkt.proto, b);
		f->pkt.proto = b[0];
		if (at > NEAR_FAR)
			return 0;
	}
	return f->is_later || !is_ext(f->pkt.proto, FB_IPV6) ? at : 0;
}

static __always_inline bool frame_ip6(struct fb_frame *f, __u32 l3)
{
	const struct ipv6hdr *ip = f->near.data + l3;
	struct fb_pkt *p = &f->pkt;
	__u16 port[2] = {};
	__u32 at;

	if ((const void *)(ip + 1) > f->near.end || bpf_ntohl(ip->flow) >> 28 != 6 ||
	    !ip->payload_len)
		return false;
	p->bytes = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	if (p->bytes > f->len - l3)
		return false;
	p->proto = ip->nexthdr;
	at = frame_exts(f, ip);
	if (!at || at > p->bytes || !frame_l4(f, (const void *)ip + at, p->bytes - at, port))
		return false;
	if (f->is_later)
		__builtin_memcpy(f->later.addr, ip->saddr, sizeof(f->later.addr));
	pkt_key6(p, (const __u64 *)ip->saddr, (const __u64 *)ip->daddr, port[0], port[1]);
	return true;
}

/* False: it is for TC to say. What may be a tunnel's is, where tunnels are looked into. */
static __always_inline bool frame_read(struct xdp_md *ctx, struct fb_frame *f)
{
	__u32 l3 = 0;
	__u16 type;
	bool ok;

	f->near.data = (void *)(long)ctx->data;
	f->near.end = (void *)(long)ctx->data_end;
	f->len = bpf_xdp_get_buff_len(ctx);
	type = near_l2(&f->near, &l3);
	asm volatile("" : "+r"(l3));
	l3 &= FRAME_L3;
	if (f->len < l3)
		return false;
	f->pkt.segs = 1;
	ok = type == ETH_P_IP ? frame_ip4(f, l3) : type == ETH_P_IPV6 && frame_ip6(f, l3);
	return ok && (!fb_knobs.decap || f->pkt.proto == IPPROTO_TCP);
}
