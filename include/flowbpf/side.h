/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside each row of fb_flows, by the same slot: what is not wanted for every packet (map
 * fb_sides). A packet that crosses one interface twice (a one-armed router) is seen by both hooks,
 * and a forged one by the hook that it forges: which of the two speaks for a direction is not for
 * the kernel half to say. So fb_row counts the hook that saw a direction first, this the other one.
 * Cleared when the row is made.
 */
#pragma once

#include <linux/types.h>

struct fb_side {
	__u64 packets[2]; /* by direction: what the hook counted that fb_row.sight does not name */
	__u64 bytes[2];
	/*
	 * TCP. A flag is anybody's claim: what opens or ends a connection has to fit it. Sequence
	 * numbers in host order.
	 */
	__u64 syn_ns;  /* a SYN that is no part of the connection: when it came first, ... */
	__u32 syn_seq; /* ... its number, and what was counted of it and its copies */
	__u32 syn_bytes;
	__u32 answer_isn;  /* `answered`: number of the SYN-ACK that fits */
	__u32 end_packets; /* packets that the row and this had counted when `doubted` grew */
	__u16 syn_packets;
	__u8 syn; /* 0 none, else 1 + (direction | hook << 1) */
	__u8 answered;
	__u8 doubted[2]; /* by direction: FIN, RST that neither fit for sure nor are impossible */
	__u16 rule;	 /* of fb_row's verdict: number of its entry in fb_rules */
};

_Static_assert(sizeof(struct fb_side) == 64, "one cache line");
