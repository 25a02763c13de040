/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way, of the everyday packet, which is read and counted in registers: TCP or UDP behind
 * IPv4 or IPv6, with options and extension headers, but no fragment; bare or behind tags and PPPoE;
 * one more of a flow that the hints have at home, and nothing about it is new. What is not so
 * leaves no trace here, and is read anew by lib/near.h. Instructions are what it costs: 12 of them
 * are 1 ns.
 */
#pragma once

#include "lib/flow.h"
#include "lib/ip.h"
#include "lib/lane.h"
#include "lib/near.h"
#include "lib/pkt.h"
#include "lib/quality.h"
#include "lib/stat.h"

#define PLAIN_EXTS 2

struct fb_plain {
	__u16 link;
	__u16 lane;
	__u8 hook;
	__u8 flags; /* of TCP */
	const struct tcphdr *tcp;
	__u32 len;     /* of the IP packet, and ... */
	__u32 headers; /* ... what of it each segment repeats */
};

/* Bytes of the transport header at `at`, which is there; 0: not plain. */
static __always_inline __u32 plain_l4(struct __sk_buff *skb, struct fb_plain *p, __u8 proto,
				      const void *at)
{
	const struct tcphdr *tcp = at;

	if (proto == IPPROTO_TCP) {
		p->tcp = tcp;
		p->flags = tcp->flags;
		return tcp->doff < 0x50 || p->flags & TCP_SYN ? 0 : tcp->doff >> 4 << 2;
	}
	return proto == IPPROTO_UDP && !skb->gso_size ? sizeof(struct udphdr) : 0;
}

/* Is there nothing to do but to add? */
static __always_inline bool plain_adds(const struct fb_plain *p, const struct fb_row *row,
				       __u32 dir)
{
	if (row->sight[dir] != p->hook + 1 || p->flags & (__u8)~row->tcp_flags[dir] ||
	    row->inspect & FB_VERDICT_ANY)
		return false;
	return row->inspect & FB_INSPECT_DONE || !fb_knobs.inspect || p->len == p->headers ||
	       row->inspect & FB_INSPECT_END0 << dir;
}

static __always_inline void plain_quality(struct __sk_buff *skb, const struct fb_plain *p,
					  __u32 slot, __u32 dir, __u32 segs, bool tick)
{
	const struct fb_segment s = {
		.seq = bpf_ntohl(p->tcp->seq),
		.ack = bpf_ntohl(p->tcp->ack_seq),
		.len = p->len - p->headers,
		.segs = segs,
		.window = p->tcp->window,
		.flags = p->flags,
	};

	quality_add(skb, slot, dir, &s, tick);
}

static __always_inline bool plain_count(struct __sk_buff *skb, const struct fb_plain *p,
					struct fb_row *row, __u32 slot, __u32 dir)
{
	struct fb_stats *stats;
	__u32 segs, bytes;
	bool tick;
	__u64 now;

	if (!plain_adds(p, row, dir))
		return false;
	stats = stats_of(p->link, p->hook);
	if (!stats)
		return false;
	segs = pkt_segs(skb, p->len - p->headers);
	bytes = p->len + (segs - 1) * p->headers;
	stat_count(stats, FB_STAT_seen, segs, bytes);
	__sync_fetch_and_add(&row->packets[dir], segs);
	__sync_fetch_and_add(&row->bytes[dir], bytes);
	now = bpf_jiffies64();
	tick = row->last_seen != now;
	if (tick) {
		row->last_seen = now;
		if (!row->moved)
			row_moved(row, slot);
	}
	if (fb_knobs.quality && p->tcp)
		plain_quality(skb, p, slot, dir, segs, tick);
	return true;
}

/*
 * Count if it is this row; which end is the lower one is read there. A connection of an address
 * with itself, whose ports alone tell it, is plain in one direction only.
 */
static __always_inline bool plain_row4(struct __sk_buff *skb, const struct fb_plain *p,
				       struct fb_row *row, __u32 slot, const struct iphdr *ip,
				       __u32 ports, __u32 rest)
{
	struct fb_words4 w = {.rest = rest | FB_IPV4 << 8};

	if (*(const __be32 *)row->addr4 == ip->saddr) {
		w.rest |= (__u64)ip->saddr << 32;
		w.tail = ip->daddr | (__u64)(ports << 16 | ports >> 16) << 32;
		return row_is4(row, w) && plain_count(skb, p, row, slot, 0);
	}
	w.rest |= (__u64)ip->daddr << 32;
	w.tail = ip->saddr | (__u64)ports << 32;
	return row_is4(row, w) && plain_count(skb, p, row, slot, 1);
}

static __always_inline bool plain_ip4(struct __sk_buff *skb, struct fb_plain *p, const void *at,
				      const void *end, __u32 l3)
{
	__u32 l3_len, header, ports, rest, slot;
	const struct iphdr *ip = at;
	const struct tcphdr *l4;
	struct fb_row *row;
	__u64 hash;

	if ((const void *)(ip + 1) > end || ip->version_ihl - 0x45u > 0xa ||
	    ip->frag_off & bpf_htons(IP_FRAGMENT))
		return false;
	l3_len = (ip->version_ihl & 15) * 4;
	l4 = at + l3_len;
	if ((const void *)(l4 + 1) > end)
		return false;
	header = plain_l4(skb, p, ip->protocol, l4);
	p->len = bpf_ntohs(ip->tot_len);
	p->headers = l3_len + header;
	if (!header || p->len < p->headers || p->len > skb->len - l3)
		return false;
	ports = bpf_ntohl(*(const __be32 *)l4);
	rest = ip->protocol | (__u32)p->lane << 16;
	hash = hint_hash_ends(ip->saddr | (__u64)(ports >> 16) << 32,
			      ip->daddr | (__u64)(ports & 0xffff) << 32, rest);
	row = hint_row_at_home(hash, HINT_NEAR, &slot);
	return row && plain_row4(skb, p, row, slot, ip, ports, rest);
}

static __always_inline bool plain_row6(struct __sk_buff *skb, const struct fb_plain *p,
				       struct fb_row *row, __u32 slot, const struct ipv6hdr *ip,
				       __u32 ports, __u32 rest)
{
	const __u64 *src = (const void *)ip->saddr, *dst = (const void *)ip->daddr;
	const __u64 *low = (const void *)row->key.addr[0];
	struct fb_words6 w = {src, dst, (__u64)rest << 32};

	if (low[1] == src[1] && low[0] == src[0]) {
		w.rest |= (__u32)(ports << 16 | ports >> 16);
		return row_is6(row, w) && plain_count(skb, p, row, slot, 0);
	}
	w = (struct fb_words6){dst, src, w.rest | ports};
	return row_is6(row, w) && plain_count(skb, p, row, slot, 1);
}

/* Bytes of the IPv6 header and what extends it, and the protocol behind; 0: not plain. */
static __always_inline __u32 plain_exts(struct __sk_buff *skb, const struct ipv6hdr *ip,
					const void *end, __u8 *proto)
{
	__u32 at = sizeof(*ip);
	int i;

	*proto = ip->nexthdr;
#pragma unroll
	for (i = 0; i < PLAIN_EXTS; i++) {
		const __u8 *b = (const void *)ip + at;

		if (*proto == IPPROTO_TCP || *proto == IPPROTO_UDP)
			break;
		if (!is_ext(*proto, FB_IPV6) || *proto == IPPROTO_FRAGMENT ||
		    (*proto == IPPROTO_HOPOPTS && skb->gso_size) || (const void *)(b + 8) > end)
			return 0;
		at += ext_len(*proto, b);
		*proto = b[0];
	}
	return at;
}

static __always_inline bool plain_ip6(struct __sk_buff *skb, struct fb_plain *p, const void *at,
				      const void *end, __u32 l3)
{
	__u32 l3_len, header, ports, rest, slot;
	const struct ipv6hdr *ip = at;
	const struct tcphdr *l4;
	struct fb_row *row;
	__u64 hash;
	__u8 proto;

	if ((const void *)(ip + 1) > end || *(const __u8 *)ip >> 4 != 6)
		return false;
	l3_len = plain_exts(skb, ip, end, &proto);
	l4 = at + l3_len;
	if (!l3_len || (const void *)(l4 + 1) > end)
		return false;
	header = plain_l4(skb, p, proto, l4);
	p->len = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	p->headers = l3_len + header;
	if (!header || p->len < p->headers || p->len > skb->len - l3)
		return false;
	ports = bpf_ntohl(*(const __be32 *)l4);
	rest = proto | FB_IPV6 << 8 | (__u32)p->lane << 16;
	hash = hint_hash_ends(hint_end6((const void *)ip->saddr, ports >> 16),
			      hint_end6((const void *)ip->daddr, ports), rest);
	row = hint_row_at_home(hash, HINT_NEAR, &slot);
	return row && plain_row6(skb, p, row, slot, ip, ports, rest);
}

/* The lane of these VLANs; false: the cache does not know it. */
static __always_inline bool plain_lane(struct fb_plain *p, __u16 outer, __u16 inner)
{
	__u64 tags;

	if (!outer) { /* a priority, no VLAN */
		outer = inner;
		inner = 0;
	}
	if (!outer)
		return true;
	tags = lane_tags(p->link, outer, inner);
	p->lane = lane_known(lane_hint(tags), tags);
	return p->lane != 0;
}

/* The EtherType of the IP header and where it is; 0: not plain. */
static __always_inline __u16 plain_l2(struct __sk_buff *skb, struct fb_plain *p,
				      const struct fb_link *link, struct fb_near *near, __u32 *l3)
{
	const struct ethhdr *eth = near->data;
	const __u8 *version = near->data;
	__u32 off = 0;
	__u16 type;

	if (!link->l2_len && (void *)(version + 1) <= near->end && !skb->vlan_present)
		return *version >> 4 == 4 ? ETH_P_IP : *version >> 4 == 6 ? ETH_P_IPV6 : 0;
	if (link->l2_len != sizeof(*eth) || (void *)(eth + 1) > near->end)
		return 0;
	*l3 = sizeof(*eth);
	type = bpf_ntohs(eth->h_proto);
	if (skb->vlan_present)
		return plain_lane(p, skb->vlan_tci & VLAN_ID, 0) ? type : 0;
	if (type == ETH_P_IP || type == ETH_P_IPV6)
		return type;
	type = near_l2(near, &off);
	asm volatile("" : "+r"(off));
	*l3 = off & 63; /* a bound for the verifier, to whom the difference of pointers has none */
	return plain_lane(p, near->vlan[0], near->vlan[1]) ? type : 0;
}

/* True: the packet is counted. */
static __always_inline bool plain(struct __sk_buff *skb, const struct fb_link *link,
				  enum fb_hook hook)
{
	struct fb_near near = {
		.data = (void *)(long)skb->data,
		.end = (void *)(long)skb->data_end,
	};
	struct fb_plain p = {.hook = hook, .link = link->link, .lane = link->link};
	__u32 l3 = 0;
	__u16 type;

	if (fb_knobs.decap || fb_knobs.replay)
		return false;
	type = plain_l2(skb, &p, link, &near, &l3);
	if (type == ETH_P_IP)
		return plain_ip4(skb, &p, near.data + l3, near.end, l3);
	if (type == ETH_P_IPV6)
		return plain_ip6(skb, &p, near.data + l3, near.end, l3);
	return false;
}
