/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interfaces that the loader attached to: map fb_links, an array indexed by the low 16 bits of
 * the ifindex. Two attached interfaces that would share an entry are refused by the loader.
 */
#pragma once

#include <linux/types.h>

#define FB_LINK_ENTRIES 65536 /* entries of fb_links */
#define FB_LINK_MAX	256   /* link numbers; 0 is "not one of ours" and has no rows of its own */

struct fb_link {
	__u32 ifindex; /* 0: no entry */
	__u16 link;    /* 1 .. FB_LINK_MAX - 1, stable while the daemon runs, by interface name */
	__u8 l2_len;   /* bytes of link header in front of the network header: 14 or 0 */
	__u8 xdp;      /* XDP is in front of TC here */
};
