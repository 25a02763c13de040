/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet of a TCP connection becomes its end, for both sides: itself a RST that goes on to where
 * it was going, by way of translation and routing, and before that a clone of it, turned round, to
 * who sent it. On ingress only. Numbers are those of the packet, so that both ends take them; an
 * end that does not answers with one that fits.
 *
 *   the packet        sender -> receiver  seq S  ack A  (len bytes)
 *   the clone       receiver -> sender    seq A  ack S + len   RST ACK
 *   goes on           sender -> receiver  seq S  ack A         RST (ACK)
 *
 * To turn it changes no sum. Behind plain Ethernet, tags, or no link header; no
 * fragment, no IPv6 extension header, nothing in a tunnel: such a packet is dropped.
 */
#pragma once

#include "lib/l2.h"
#include "lib/pkt.h"

#define RESET_HOPS 64 /* left of it, at least: the way back may be the longer one */
#define RESET_TAGS 2

struct reset {
	__u32 l3, l4, l2_len;
	bool six;
	bool partial; /* CHECKSUM_PARTIAL: the sum is that of the pseudo header, another adds to it
		       */
	__s64 pseudo;
};

/* Where the IP header is; false: not where such packets have it. */
static __always_inline bool reset_find(struct __sk_buff *skb, const struct fb_pkt *p,
				       struct reset *r)
{
	__u32 at = sizeof(struct ethhdr), i;
	struct iphdr ip;
	__be16 type;

	if (r->l2_len == sizeof(struct ethhdr)) {
#pragma unroll
		for (i = 0; i <= RESET_TAGS; i++) {
			if (bpf_skb_load_bytes(skb, at - 2, &type, sizeof(type)))
				return false;
			if (!is_vlan(bpf_ntohs(type)))
				break;
			at += 4;
		}
		if (type != (p->family == FB_IPV6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP)))
			return false;
		r->l3 = at;
	} else {
		r->l3 = 0;
	}
	if (bpf_skb_load_bytes(skb, r->l3, &ip, sizeof(ip)))
		return false;
	r->six = ip.version_ihl >> 4 == 6;
	r->l4 = p->l4;
	if (r->six)
		return p->l4 == r->l3 + sizeof(struct ipv6hdr);
	return p->l4 == r->l3 + (ip.version_ihl & 15) * 4 &&
	       !(ip.frag_off & bpf_htons(IP_FRAGMENT));
}

/* No payload, no options of TCP, and enough hops, whichever way it goes. */
static __always_inline bool reset_cut(struct __sk_buff *skb, const struct reset *r)
{
	__u32 len = r->l4 + sizeof(struct tcphdr);
	__u8 hops[2], more[2];
	__be16 was, now;

	if (bpf_skb_change_tail(skb, len, 0))
		return false;
	if (r->six) {
		now = bpf_htons(len - r->l3 - sizeof(struct ipv6hdr));
		more[0] = RESET_HOPS;
		return !bpf_skb_store_bytes(skb, r->l3 + 4, &now, 2, BPF_F_RECOMPUTE_CSUM) &&
		       !bpf_skb_store_bytes(skb, r->l3 + 7, more, 1, BPF_F_RECOMPUTE_CSUM);
	}
	if (bpf_skb_load_bytes(skb, r->l3 + 2, &was, 2) ||
	    bpf_skb_load_bytes(skb, r->l3 + 8, hops, 2))
		return false;
	now = bpf_htons(len - r->l3);
	more[0] = hops[0] < RESET_HOPS ? RESET_HOPS : hops[0];
	more[1] = hops[1];
	/* what the header sums up to stays, and so does the sum of the packet */
	return !bpf_l3_csum_replace(skb, r->l3 + 10, was, now, 2) &&
	       !bpf_l3_csum_replace(skb, r->l3 + 10, *(__u16 *)hops, *(__u16 *)more, 2) &&
	       !bpf_skb_store_bytes(skb, r->l3 + 2, &now, 2, 0) &&
	       !bpf_skb_store_bytes(skb, r->l3 + 8, more, 2, 0);
}

/* The sum of both addresses, protocol and length, which is the same in both directions. */
static __always_inline bool reset_pseudo(struct __sk_buff *skb, struct reset *r)
{
	__be32 words[10] = {0};

	words[8] = bpf_htonl(IPPROTO_TCP);
	words[9] = bpf_htonl(sizeof(struct tcphdr));
	if (r->six ? bpf_skb_load_bytes(skb, r->l3 + 8, words, 32)
		   : bpf_skb_load_bytes(skb, r->l3 + 12, words, 8))
		return false;
	r->pseudo = bpf_csum_diff(NULL, 0, words, sizeof(words), 0);
	return r->pseudo >= 0;
}

/*
 * Who adds the rest of the sum? The helper changes one that is whole, and leaves alone one that a
 * device is to complete.
 */
static __always_inline bool reset_partial(struct __sk_buff *skb, struct reset *r)
{
	__u32 at = r->l4 + __builtin_offsetof(struct tcphdr, check);
	__u16 before, after;

	if (bpf_skb_load_bytes(skb, at, &before, 2) || bpf_l4_csum_replace(skb, at, 0, 1, 0) ||
	    bpf_skb_load_bytes(skb, at, &after, 2))
		return false;
	r->partial = before == after;
	return r->partial || !bpf_skb_store_bytes(skb, at, &before, 2, 0);
}

static __always_inline __u16 reset_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static __always_inline bool reset_head(struct __sk_buff *skb, const struct reset *r,
				       struct tcphdr *tcp)
{
	tcp->doff = sizeof(*tcp) / 4 << 4;
	tcp->window = tcp->urg_ptr = tcp->check = 0;
	tcp->check = r->partial ? reset_fold(r->pseudo)
				: ~reset_fold(bpf_csum_diff(NULL, 0, (__be32 *)tcp, sizeof(*tcp),
							    r->pseudo));
	return !bpf_skb_store_bytes(skb, r->l4, tcp, sizeof(*tcp), BPF_F_RECOMPUTE_CSUM);
}

/* Both ends of the link, and of the packet; of the connection: reset_head. */
static __always_inline bool reset_turn(struct __sk_buff *skb, const struct reset *r)
{
	__u32 len = r->six ? 16 : 4, at = r->six ? r->l3 + 8 : r->l3 + 12;
	__u8 mac[12], addr[32];

	if (r->l2_len) {
		if (bpf_skb_load_bytes(skb, 0, mac + 6, 6) || bpf_skb_load_bytes(skb, 6, mac, 6) ||
		    bpf_skb_store_bytes(skb, 0, mac, 12, 0))
			return false;
	}
	if (r->six)
		return !bpf_skb_load_bytes(skb, at, addr + 16, 16) &&
		       !bpf_skb_load_bytes(skb, at + 16, addr, 16) &&
		       !bpf_skb_store_bytes(skb, at, addr, 32, BPF_F_RECOMPUTE_CSUM);
	return !bpf_skb_load_bytes(skb, at, addr + 4, 4) &&
	       !bpf_skb_load_bytes(skb, at + len, addr, 4) &&
	       !bpf_skb_store_bytes(skb, at, addr, 8, BPF_F_RECOMPUTE_CSUM);
}

static __always_inline bool reset_back(struct __sk_buff *skb, const struct reset *r,
				       const struct tcphdr *was, __u32 len)
{
	struct tcphdr tcp = {
		.source = was->dest,
		.dest = was->source,
		.seq = was->flags & TCP_ACK ? was->ack_seq : 0,
		.ack_seq = bpf_htonl(bpf_ntohl(was->seq) + len),
		.flags = TCP_RST | TCP_ACK,
	};

	return reset_turn(skb, r) && reset_head(skb, r, &tcp) &&
	       !bpf_clone_redirect(skb, skb->ifindex, 0) && reset_turn(skb, r);
}

/*
 * Make it so. 1: the packet is a RST now, and whoever sent it has his; 0: it is none, and must not
 * go on.
 */
__noinline int reset_both(struct __sk_buff *skb, struct fb_pkt *p, __u32 l2_len)
{
	struct reset r = {.l2_len = l2_len};
	struct tcphdr tcp;
	__u32 len;

	if (!p || p->proto != IPPROTO_TCP || !reset_find(skb, p, &r) ||
	    bpf_skb_load_bytes(skb, r.l4, &tcp, sizeof(tcp)))
		return 0;
	len = p->payload_len + !!(tcp.flags & TCP_SYN) + !!(tcp.flags & TCP_FIN);
	if (!reset_cut(skb, &r) || !reset_pseudo(skb, &r) || !reset_partial(skb, &r) ||
	    !reset_back(skb, &r, &tcp, len))
		return 0;
	if (!(tcp.flags & TCP_ACK))
		tcp.ack_seq = 0;
	tcp.flags = TCP_RST | (tcp.flags & TCP_ACK);
	return reset_head(skb, &r, &tcp);
}
