/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets as they come behind homes and providers: what stands before IP, and what follows it. */
#pragma once

#include "bpf/pkt.h"

#define SHAPE_SRC4 "10.0.0.1"
#define SHAPE_DST4 "192.0.2.9"
#define SHAPE_SRC6 "2001:db8::1"
#define SHAPE_DST6 "2001:db8:9::9"

static inline void shape_end4(struct pkt *p, unsigned int options)
{
	pkt_ip4_options(p, SHAPE_SRC4, SHAPE_DST4, 6, options);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static inline void shape_end6(struct pkt *p)
{
	pkt_ip6(p, SHAPE_SRC6, SHAPE_DST6, 6);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static inline void shape_plain4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	shape_end4(p, 0);
}

static inline void shape_vlan4(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 10, 0x0800);
	shape_end4(p, 0);
}

static inline void shape_vlan6(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 10, 0x86dd);
	shape_end6(p);
}

static inline void shape_qinq4(struct pkt *p)
{
	pkt_eth(p, 0x88a8);
	pkt_tag(p, 20, 0x8100);
	pkt_tag(p, 30, 0x0800);
	shape_end4(p, 0);
}

static inline void shape_pppoe(struct pkt *p, uint16_t protocol)
{
	pkt_add(p, "\x11\0\0\7", 4);
	pkt_length(p, p->len, p->len + 2);
	pkt_add(p, NULL, 2);
	pkt_add16(p, protocol);
}

static inline void shape_pppoe4(struct pkt *p)
{
	pkt_eth(p, 0x8864);
	shape_pppoe(p, 0x0021);
	shape_end4(p, 0);
}

static inline void shape_pppoe6(struct pkt *p)
{
	pkt_eth(p, 0x8864);
	shape_pppoe(p, 0x0057);
	shape_end6(p);
}

static inline void shape_vlan_pppoe4(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 7, 0x8864);
	shape_pppoe(p, 0x0021);
	shape_end4(p, 0);
}

static inline void shape_options4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	shape_end4(p, 8);
}

static inline void shape_icmp4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, SHAPE_SRC4, SHAPE_DST4, 1);
	pkt_add(p, "\x08\0\0\0\0\1\0\1", 8);
	pkt_fill(p, 56);
}

static inline void shape_icmp6(struct pkt *p)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, SHAPE_SRC6, SHAPE_DST6, 58);
	pkt_add(p, "\x80\0\0\0\0\1\0\1", 8);
	pkt_fill(p, 56);
}

static inline void shape_extensions6(struct pkt *p)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, SHAPE_SRC6, SHAPE_DST6, 0);
	pkt_ext(p, 60, 0);
	pkt_ext(p, 6, 0);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static inline void shape_fragment4(struct pkt *p, uint16_t offset, int more)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, SHAPE_SRC4, SHAPE_DST4, 17);
	pkt_ip4_fragment(p, 99, offset, more);
	if (!offset) {
		pkt_add(p, "\x13\x88\x13\x89\x05\xd0\0\0", 8);
		pkt_fill(p, 72);
	} else {
		pkt_fill(p, 80);
	}
}

static inline void shape_first4(struct pkt *p)
{
	shape_fragment4(p, 0, 1);
}

static inline void shape_later4(struct pkt *p)
{
	shape_fragment4(p, 10, 1);
}

static inline void shape_fragment6(struct pkt *p, uint16_t offset)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, SHAPE_SRC6, SHAPE_DST6, 44);
	pkt_ext_fragment(p, 17, offset, 1, 99);
	if (!offset) {
		pkt_add(p, "\x13\x88\x13\x89\x05\xd0\0\0", 8);
		pkt_fill(p, 72);
	} else {
		pkt_fill(p, 80);
	}
}

static inline void shape_first6(struct pkt *p)
{
	shape_fragment6(p, 0);
}

static inline void shape_later6(struct pkt *p)
{
	shape_fragment6(p, 10);
}

static const struct shape {
	const char *name;
	void (*build)(struct pkt *p);
	void (*before)(struct pkt *p); /* a packet that must have come first, or NULL */
} shapes[] = {
	{"IPv4 TCP", shape_plain4, NULL},
	{"VLAN tag in band, IPv4 TCP", shape_vlan4, NULL},
	{"VLAN tag in band, IPv6 TCP", shape_vlan6, NULL},
	{"QinQ, IPv4 TCP", shape_qinq4, NULL},
	{"PPPoE, IPv4 TCP", shape_pppoe4, NULL},
	{"PPPoE, IPv6 TCP", shape_pppoe6, NULL},
	{"VLAN and PPPoE, IPv4 TCP", shape_vlan_pppoe4, NULL},
	{"IPv4 with 8 bytes of options, TCP", shape_options4, NULL},
	{"ICMP echo", shape_icmp4, NULL},
	{"ICMPv6 echo", shape_icmp6, NULL},
	{"IPv6, two extension headers, TCP", shape_extensions6, NULL},
	{"IPv4, later fragment", shape_later4, shape_first4},
	{"IPv6, later fragment", shape_later6, shape_first6},
};

#define SHAPES (sizeof(shapes) / sizeof(*shapes))
