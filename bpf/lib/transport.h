/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The step at a transport header: it is committed to fb_pkt, or a fragment finds the flow of the
 * first one, and the walk ends or goes on into a tunnel.
 */
#pragma once

#include "lib/cursor.h"
#include "lib/frag.h"
#include "lib/lane.h"
#include "lib/tunnel.h"

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static __always_inline void walk_frag_key(struct fb_frag_key *key, const struct fb_walk *w,
					  __u16 lane)
{
	__builtin_memcpy(key->addr[0], w->saddr, sizeof(w->saddr));
	__builtin_memcpy(key->addr[1], w->daddr, sizeof(w->daddr));
	key->id = w->frag_id;
	key->proto = w->frag_proto;
	key->family = w->family;
	key->lane = lane;
}

/* Errors quote the packet that they are about: all of the message is payload. */
static __always_inline bool icmp_quotes(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMPV6)
		return type >= ICMPV6_UNREACHABLE && type <= ICMPV6_PARAMETER;
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER;
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
	__u16 port[2] = {};

	if (!p->family)
		lane_set(p);
	walk_frag_key(&key, w, p->lane);
	if (w->fragment == FRAGMENT_LATER)
		return walk_later(w, p, &key);
	if (ports && walk_load(skb, w, port, 4))
		return FB_STAT_malformed;
	port[0] = bpf_ntohs(port[0]);
	port[1] = bpf_ntohs(port[1]);
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
