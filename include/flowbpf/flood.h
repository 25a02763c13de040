/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floods of SYNs, where --flood-rate asks: to an address that gets more of them a second than
 * handshakes are finished, by that rate, a SYN goes on only if it is sent again, as every TCP does
 * after a second, or if its source finished a handshake before. A flood's sources are forged: none
 * is blocked. Everything of fixed size; what is forgotten lets a SYN pass, or wait for another try.
 */
#pragma once

#include <linux/types.h>

/*
 * By a hash of the address, so that a flood to many is one, and none is forgotten; two that share
 * one share the wait.
 */
struct fb_flood_end {
	__u32 second; /* of about 1.07 s (FB_FLOOD_SECOND) since boot, and ... */
	__s32 open;   /* ... SYNs that came in it, less handshakes that were finished */
	__s32 before; /* those of the second before */
	__u32 pad;
	__u64 dropped;
	__u8 addr[16]; /* of the last SYN that was dropped; IPv4 as ::ffff:a.b.c.d */
};

#define FB_FLOOD_SECOND 30 /* bits of ns */
#define FB_FLOOD_ENDS	4096

/*
 * SYNs of the last four seconds, by a hash of all that one sent again has in common: for each slice
 * of time a word, whose upper bits name the slice, and of whose lower ones each SYN sets three. So
 * none is forgotten early, whatever others send; at a million a second 3 in 100 of others are taken
 * for one.
 */
#define FB_FLOOD_SLICE	28 /* bits of ns: 0.27 s */
#define FB_FLOOD_SLICES 16
#define FB_FLOOD_BITS	48
#define FB_FLOOD_SYNS	(1 << 17)

struct fb_flood_syns {
	__u64 slice[FB_FLOOD_SLICES];
};

/* Who finished a handshake (IPv6: its /64), and his SYNs of a second, of which he has a share. */
struct fb_flood_source {
	__u8 addr[16];
};

struct fb_flood_known {
	__u32 second;
	__u32 syns;
};

#define FB_FLOOD_KNOWN 65536
#define FB_FLOOD_SHARE 64 /* a second */

_Static_assert(sizeof(struct fb_flood_end) == 40, "fb_flood_end has no hidden padding");
