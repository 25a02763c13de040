/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps of the walk through IP: IPv4 and its options, IPv6 and its extension headers. */
#pragma once

#include "lib/cursor.h"

#define WALK_EXTS 8 /* extension headers of one packet, at most */

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
			!ip.payload_len && ip.nexthdr != IPPROTO_NONE))
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

/* An extension header; IPv4 has one of them. */
static __always_inline bool is_ext(__u8 proto, __u8 family)
{
	switch (proto) {
	case IPPROTO_AH:
		return true;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case IPPROTO_HIP:
	case IPPROTO_SHIM6:
		return family == FB_IPV6;
	}
	return false;
}

static __always_inline void walk_ext_fragment(struct fb_walk *w, const __u8 *b)
{
	__u16 offset = b[2] << 8 | b[3];

	if (!(offset & (IP6_OFFSET | IP6_MORE)))
		return; /* all of it is in this one */
	w->fragment = offset & IP6_OFFSET ? FRAGMENT_LATER : FRAGMENT_FIRST;
	__builtin_memcpy(&w->frag_id, b + 4, 4);
	w->frag_proto = b[0];
	w->more = offset & IP6_MORE;
}

/*
 * Any but the next two: | next 8 | length 8, in units of 8 bytes behind the first 8 | ...
 * Authentication:       the same in units of 4 bytes, less 2
 * Fragment:             | next 8 | 0 | offset 13 | 0 0 | more 1 | identification 32 |
 */
static __always_inline __u32 ext_len(__u8 proto, const __u8 *b)
{
	if (proto == IPPROTO_FRAGMENT)
		return 8;
	return proto == IPPROTO_AH ? (b[1] + 2) * 4 : (b[1] + 1) * 8;
}

static __always_inline int walk_ext(struct __sk_buff *skb, struct fb_walk *w)
{
	__u32 len;
	__u8 b[8];

	if (!is_ext(w->proto, w->family)) {
		w->kind = WALK_L4;
		return 0;
	}
	if (++w->exts > WALK_EXTS || walk_load(skb, w, b, 8))
		return FB_STAT_malformed;
	len = ext_len(w->proto, b);
	if (w->off + len > w->end)
		return FB_STAT_malformed;
	if (w->proto == IPPROTO_FRAGMENT) {
		walk_ext_fragment(w, b);
	} else if (w->proto == IPPROTO_HOPOPTS && len == 8 && b[2] == IP6_OPT_JUMBO &&
		   skb->gso_size) {
		w->unsent = 8; /* the kernel's own mark of a big skb, taken off before the wire */
	}
	w->proto = b[0];
	w->off += len;
	if (w->fragment == FRAGMENT_LATER)
		w->kind = WALK_L4;
	return 0;
}
