/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identity of a flow, shared by the kernel half and the user half.
 * Canonical: end 0 is the lower (address, port), compared as big-endian numbers, so that both
 * directions give the same key. No hidden padding: keys are hashed and compared as memory.
 * `bpftool map dump` prints them by these types: ports are numbers, and addresses the bytes that
 * one writes, so that IPv4 reads as 10, 0, 0, 50.
 */
#pragma once

#include <linux/types.h>

#define FB_IPV4 4
#define FB_IPV6 6

struct fb_key {
	__u8 addr[2][16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u16 port[2];	  /* host order; 0 for protocols without ports, and for ICMP */
	__u8 proto;	  /* IANA protocol number */
	__u8 family;	  /* FB_IPV4 or FB_IPV6: a mapped address is not an IPv4 one */
	__u16 lane;	  /* number of the interface and its VLANs, see fb_lane */
};

/* The index key of an IPv4 flow: 16 bytes hash and compare faster than 40. */
struct fb_key4 {
	__u8 addr[2][4] __attribute__((aligned(4))); /* network order; copied in words */
	__u16 port[2];
	__u8 proto;
	__u8 pad;
	__u16 lane;
};

_Static_assert(sizeof(struct fb_key) == 40, "fb_key has no hidden padding");
_Static_assert(sizeof(struct fb_key4) == 16, "fb_key4 has no hidden padding");
