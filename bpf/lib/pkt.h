/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet as the flow table sees it: the key of its flow, its direction, what it counts. */
#pragma once

#include "vmlinux.h"

#include <bpf/bpf_endian.h>

#include "lib/knobs.h"
#include "lib/maps.h"
#include "lib/numbers.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "keys are written for this order");

struct fb_pkt {
	union {
		struct fb_key4 key4; /* family FB_IPV4 */
		struct fb_key key;   /* family FB_IPV6 */
	};
	__u32 bytes;   /* IP bytes on the wire, all segments */
	__u32 segs;    /* packets on the wire */
	__u32 l4;      /* offset of the transport header */
	__u32 payload; /* offset of its payload, and ... */
	__u32 payload_len;
	__u16 link;
	__u16 lane;    /* number of the interface and its VLANs */
	__u16 vlan[2]; /* outer, inner; 0: none */
	__u8 family;
	__u8 proto;
	__u8 dir;
	__u8 hook;
	__u8 tcp_flags;
	__u8 tos;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 screened; /* XDP saw it as it is here */
};

/* Bytes on the wire: a replayed frame may be cut, its capture knows how long it was. */
static __always_inline __u32 pkt_len(struct __sk_buff *skb)
{
	return fb_knobs.replay && skb->cb[0] > skb->len ? skb->cb[0] : skb->len;
}

/* Segments of an skb; senders outside the kernel (tun, virtio) leave the count to us. */
static __always_inline __u32 pkt_segs(struct __sk_buff *skb, __u32 payload_len)
{
	__u32 segs = skb->gso_segs;

	if (segs)
		return segs;
	segs = skb->gso_size;
	if (segs && segs < payload_len)
		return (payload_len + segs - 1) / segs;
	return 1;
}

/* Not a packet of any flow: bytes behind the link header. */
static __always_inline void pkt_unparsed(struct __sk_buff *skb, struct fb_pkt *p, __u32 l2_len)
{
	__u32 len = pkt_len(skb);

	p->segs = pkt_segs(skb, len);
	p->bytes = len > l2_len ? len - l2_len : 0;
	p->tcp_flags = 0;
	p->payload_len = 0;
}

/*
 * Key and direction: end 0 is the lower (address, port). Keys are written in words of 8 bytes,
 * because the lookup reads them back at once in words: narrower stores cannot be forwarded.
 * Addresses in network order, ports in host order.
 */
static __always_inline void pkt_key4(struct fb_pkt *p, __be32 saddr, __be32 daddr, __u16 sport,
				     __u16 dport)
{
	__u64 src = (__u64)bpf_ntohl(saddr) << 16 | sport;
	__u64 dst = (__u64)bpf_ntohl(daddr) << 16 | dport;
	__u64 *word = (__u64 *)&p->key4, tail = (__u64)p->proto << 32 | (__u64)p->lane << 48;
	__u64 back = (dst - src) >> 63; /* no branch: which end is lower cannot be predicted */
	__u32 addrs = (saddr ^ daddr) & -(__u32)back, ports = (sport ^ dport) & -(__u32)back;

	p->family = FB_IPV4;
	p->dir = back;
	word[0] = (__u64)(daddr ^ addrs) << 32 | (saddr ^ addrs);
	word[1] = tail | (dport ^ ports) << 16 | (sport ^ ports);
}

/* Addresses as two words each. */
static __always_inline void pkt_key6(struct fb_pkt *p, const __u64 *saddr, const __u64 *daddr,
				     __u16 sport, __u16 dport)
{
	__u64 s0 = saddr[0], s1 = saddr[1], d0 = daddr[0], d1 = daddr[1];
	__u64 *word = (__u64 *)&p->key;
	__u64 tail = (__u64)p->proto << 32 | (__u64)FB_IPV6 << 40 | (__u64)p->lane << 48;
	bool back;

	if (s0 != d0)
		back = bpf_be64_to_cpu(s0) > bpf_be64_to_cpu(d0);
	else if (s1 != d1)
		back = bpf_be64_to_cpu(s1) > bpf_be64_to_cpu(d1);
	else
		back = sport > dport;
	p->family = FB_IPV6;
	p->dir = back;
	word[0] = back ? d0 : s0;
	word[1] = back ? d1 : s1;
	word[2] = back ? s0 : d0;
	word[3] = back ? s1 : d1;
	word[4] = tail | (back ? (__u32)sport << 16 | dport : (__u32)dport << 16 | sport);
}
