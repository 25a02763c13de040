/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The middle way through a packet, for what homes and providers send all day: TCP, UDP and ICMP
 * behind VLAN tags in the data, PPPoE, IPv4 options, IPv6 extension headers; later fragments; read
 * where they are without a helper's copy. What is not near goes the long way, lib/walk.h, as if
 * this had not been tried; both give the same answer for the same packet.
 */
#pragma once

#include "lib/ethernet.h"
#include "lib/frag.h"
#include "lib/ip.h"
#include "lib/l2.h"
#include "lib/lane.h"
#include "lib/transport.h"

#define NEAR_EXTS 3

/*
 * An offset by way of the packet's memory: the verifier forgets what it was, and follows what comes
 * behind once for all ways that lead here.
 */
static __always_inline __u32 near_off(struct fb_pkt *p, __u32 off)
{
	*(volatile __u32 *)&p->l4 = off;
	return *(volatile __u32 *)&p->l4;
}

/* The packet is near: its tags count. */
static __always_inline void near_lane(struct fb_pkt *p, const struct fb_near *near)
{
	if (!near->tags)
		return;
	vlan_add(p, near->vlan[0]);
	if (near->tags > 1)
		vlan_add(p, near->vlan[1]);
	lane_set(p);
}

/* TCP or UDP behind the IP header at `l3`; false: not near. */
static __always_inline bool near_tcp_udp(struct __sk_buff *skb, struct fb_pkt *p, void *l4,
					 void *end, __u32 l3, __u32 l3_len, __u32 ip_len)
{
	__u32 left = ip_len - l3_len, header = 8;

	if (p->proto == IPPROTO_TCP) {
		struct tcphdr *tcp = l4;

		if ((void *)(tcp + 1) > end)
			return false;
		header = tcp->doff >> 4 << 2;
		if (header < sizeof(*tcp))
			return false;
		p->tcp_flags = tcp->flags;
	} else {
		struct udphdr *udp = l4;

		/* a GSO datagram may be a tunnel's; lengths that differ want a closer look */
		if (p->proto != IPPROTO_UDP || skb->gso_size || bpf_ntohs(udp->len) != left)
			return false;
	}
	if (header > left)
		return false;
	p->l4 = l3 + l3_len;
	p->payload = p->l4 + header;
	p->payload_len = left - header;
	p->segs = pkt_segs(skb, p->payload_len);
	p->bytes = ip_len + (p->segs - 1) * (l3_len + header);
	return true;
}

static __always_inline bool near_icmp(struct __sk_buff *skb, struct fb_pkt *p,
				      const struct fb_near *near, const __u8 *l4, __u32 l3,
				      __u32 l3_len, __u32 ip_len)
{
	if ((void *)(l4 + 2) > near->end || ip_len < l3_len + 2)
		return false;
	p->tcp_flags = 0;
	p->icmp_type = l4[0];
	p->icmp_code = l4[1];
	p->l4 = p->payload = l3 + l3_len;
	p->payload_len = icmp_quotes(p->proto, l4[0]) ? ip_len - l3_len : 0;
	p->segs = pkt_segs(skb, p->payload_len);
	p->bytes = ip_len + (p->segs - 1) * l3_len;
	return true;
}

/* What p->proto says is there behind the IP header; its ports, in host order. */
static __always_inline bool near_l4(struct __sk_buff *skb, struct fb_pkt *p,
				    const struct fb_near *near, __u32 l3, __u32 l3_len,
				    __u32 ip_len, __u16 *port)
{
	__be16 *l4 = near->data + l3 + l3_len;

	port[0] = port[1] = 0;
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		return near_icmp(skb, p, near, (void *)l4, l3, l3_len, ip_len);
	if ((void *)(l4 + 4) > near->end || ip_len < l3_len ||
	    !near_tcp_udp(skb, p, l4, near->end, l3, l3_len, ip_len))
		return false;
	port[0] = bpf_ntohs(l4[0]);
	port[1] = bpf_ntohs(l4[1]);
	return true;
}

/* A later fragment, if its first one was seen. */
static __always_inline bool near_later(struct __sk_buff *skb, struct fb_pkt *p,
				       const struct fb_near *near, struct fb_frag_key *key,
				       __u32 ip_len, __u16 *port)
{
	near_lane(p, near);
	key->proto = p->proto;
	key->lane = p->lane;
	if (!frag_ports(key, port, &p->proto))
		return false;
	p->tcp_flags = 0;
	p->payload_len = 0;
	p->segs = pkt_segs(skb, 0);
	p->bytes = ip_len;
	return true;
}

/* What follows an IP header of `l3_len` bytes; `later` is NULL, or the fragment's key. */
static __always_inline bool near_rest(struct __sk_buff *skb, struct fb_pkt *p,
				      const struct fb_near *near, struct fb_frag_key *later,
				      __u32 l3, __u32 l3_len, __u32 ip_len, __u16 *port)
{
	if (later)
		return near_later(skb, p, near, later, ip_len, port);
	if (!near_l4(skb, p, near, l3, l3_len, ip_len, port))
		return false;
	near_lane(p, near);
	return true;
}

static __always_inline bool near_ip4(struct __sk_buff *skb, struct fb_pkt *p,
				     const struct fb_near *near, __u32 l3)
{
	struct iphdr *ip = near->data + l3;
	struct fb_frag_key key = {.family = FB_IPV4};
	__u32 ip_len, header, fragment;
	__u16 port[2];

	if ((void *)(ip + 1) > near->end || ip->version_ihl >> 4 != 4)
		return false;
	header = (ip->version_ihl & 15) * 4;
	ip_len = bpf_ntohs(ip->tot_len);
	fragment = bpf_ntohs(ip->frag_off) & IP_FRAGMENT;
	if (header < sizeof(*ip) || ip_len < header ||
	    (!fb_knobs.replay && ip_len > skb->len - l3) || fragment == IP_MORE)
		return false;
	p->proto = ip->protocol;
	p->tos = ip->tos;
	if (fragment) {
		*(__be32 *)key.addr[0] = ip->saddr;
		*(__be32 *)key.addr[1] = ip->daddr;
		key.id = ip->id;
	}
	if (!near_rest(skb, p, near, fragment ? &key : NULL, l3, header, ip_len, port))
		return false;
	pkt_key4(p, ip->saddr, ip->daddr, port[0], port[1]);
	return true;
}

/* Extension headers, as lib/ip.h has them drawn: moves *at; a later fragment's is the last. */
static __always_inline bool near_exts(struct __sk_buff *skb, struct fb_pkt *p,
				      const struct fb_near *near, const void *ip, __u32 ip_len,
				      __u32 *at, __be32 *id, bool *later)
{
	__u32 len, offset;
	int i;

	for (i = 0; i < NEAR_EXTS && !*later && is_ext(p->proto, FB_IPV6); i++) {
		const __u8 *b = ip + *at;

		if ((void *)(b + 8) > near->end)
			return false;
		len = ext_len(p->proto, b);
		if (*at + len > ip_len || (p->proto == IPPROTO_HOPOPTS && skb->gso_size))
			return false;
		if (p->proto == IPPROTO_FRAGMENT) {
			offset = b[2] << 8 | b[3];
			*later = offset & IP6_OFFSET;
			*id = *(const __be32 *)(b + 4);
			if (!*later && offset & IP6_MORE)
				return false;
		}
		p->proto = b[0];
		*at = near_off(p, *at + len);
		if (*at > NEAR_FAR)
			return false;
	}
	return true;
}

static __always_inline bool near_ip6(struct __sk_buff *skb, struct fb_pkt *p,
				     const struct fb_near *near, __u32 l3)
{
	struct ipv6hdr *ip = near->data + l3;
	__u32 at = sizeof(*ip), ip_len;
	struct fb_frag_key key = {.family = FB_IPV6};
	bool later = false;
	__u16 port[2];

	if ((void *)(ip + 1) > near->end || bpf_ntohl(ip->flow) >> 28 != 6 || !ip->payload_len)
		return false;
	ip_len = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	if (!fb_knobs.replay && ip_len > skb->len - l3)
		return false;
	p->proto = ip->nexthdr;
	p->tos = bpf_ntohl(ip->flow) >> 20;
	if (!near_exts(skb, p, near, ip, ip_len, &at, &key.id, &later))
		return false;
	if (later)
		__builtin_memcpy(key.addr, ip->saddr, sizeof(key.addr));
	if (!near_rest(skb, p, near, later ? &key : NULL, l3, at, ip_len, port))
		return false;
	pkt_key6(p, (__u64 *)ip->saddr, (__u64 *)ip->daddr, port[0], port[1]);
	return true;
}

/* 1: `p` is complete. 0: it is as it was, but for what the long way writes anew. */
__noinline int pkt_near(struct __sk_buff *skb, struct fb_pkt *p, __u32 l2_len)
{
	struct fb_near near = {
		.data = (void *)(long)skb->data,
		.end = (void *)(long)skb->data_end,
	};
	__u8 *version = near.data;
	__u32 l3 = 0, type = 0;
	__u16 vlan;
	bool ok = false;

	if (fb_knobs.decap || !p)
		return 0;
	vlan = p->vlan[0];
	if (l2_len == sizeof(struct ethhdr))
		type = near_l2(&near, &l3);
	else if ((void *)(version + 1) <= near.end)
		type = *version >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6;
	l3 = near_off(p, l3);
	if (l3 > NEAR_FAR)
		return 0;
	if (type == ETH_P_IP)
		ok = near_ip4(skb, p, &near, l3);
	else if (type == ETH_P_IPV6)
		ok = near_ip6(skb, p, &near, l3);
	if (!ok) {
		p->vlan[0] = vlan;
		p->vlan[1] = 0;
	}
	return ok;
}
