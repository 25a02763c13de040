/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the long way through a packet stands: what comes next, where, and what was met so far. */
#pragma once

#include "lib/pkt.h"

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
	__u32 outer_frag_len;	       /* IP bytes of the first fragment, and ... */
	struct fb_frag_key outer_frag; /* ... its key: what `opened` speaks of */
};

_Static_assert(sizeof(struct fb_walk) == 128, "Linux 6.1 counts a stack frame in steps of 32");

/* The next `len` bytes, which stay ahead; not 0: they are not there. */
static __always_inline int walk_load(struct __sk_buff *skb, const struct fb_walk *w, void *to,
				     __u32 len)
{
	if (w->off + len > w->end)
		return -1;
	return bpf_skb_load_bytes(skb, w->off, to, len) ? -1 : 0;
}
