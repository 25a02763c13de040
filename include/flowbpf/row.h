/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row of fb_flows: the counters of one connection on one link, both directions.
 * The kernel half writes counters, the user half reads them through its mapping and writes only
 * `inspect` (to stop payload sampling, and verdicts) and, when it takes a slot back, the whole row.
 * Direction d is the traffic sent by key.addr[d].
 */
#pragma once

#include "flowbpf/key.h"

enum fb_row_state {
	FB_ROW_LIVE = 1 << 0,	    /* the row is in use; set last, when all else is written */
	FB_ROW_SUPERSEDED = 1 << 1, /* the 5-tuple was used again: a newer row has the index */
	FB_ROW_NAMED = 1 << 2,	    /* fb_names has an entry of this row */
	FB_ROW_DOUBTED = 1 << 4,    /* fb_side.doubted says of what */
	FB_ROW_UNLINKED = 1 << 3,   /* the user half takes it out of the index: set before that */
	FB_ROW_OWNED = 1 << 5,	    /* fb_owners has an entry of this row, and ... */
	FB_ROW_OWNER_SENT = 1 << 6, /* ... it was found on a packet that its socket sent */

	/* what says nothing about whose the row is */
	FB_ROW_NOTES = FB_ROW_NAMED | FB_ROW_DOUBTED | FB_ROW_OWNED | FB_ROW_OWNER_SENT,
};

/* Bits; the user half writes FB_INSPECT_DONE only, and above them enum fb_verdict. */
enum fb_row_inspect {
	FB_INSPECT_OPEN = 0, /* the zero of a cleared row: payload may still be sampled */
	FB_INSPECT_DONE = 1, /* the name is known or cannot come: payload is not looked at */
	FB_INSPECT_END0 = 2, /* the kernel half's budget for direction 0 is spent */
	FB_INSPECT_END1 = 4, /* ... for direction 1 */
};

/* `sight[d]` names the hook that saw direction d first, which counts here; the other: fb_side. */
enum fb_hook {
	FB_HOOK_INGRESS = 0,
	FB_HOOK_EGRESS = 1,
};

struct fb_row {
	/* cold: written when the row is made, or a few times in its life */
	__u64 first_seen; /* ns: CLOCK_BOOTTIME, or the capture's time in replay */
	__u32 generation; /* higher each time the slot is taken, and than the superseded row's */
	__u32 isn;	  /* sequence number of the opener's SYN, host order */
	__u32 rtt_ns;	  /* SYN to the opener's first ACK, both halves as seen here; 0 unknown */
	__u16 sampled[2]; /* payload packets sent to the ring, by direction, and ... */
	__u16 sampled_bytes[2]; /* ... their bytes; those of lookups, which have no end, wrap */
	__u16 vlan;		/* outermost VLAN id of the first packet, 0 none */
	__u8 icmp_type;		/* of the first packet, ICMP and ICMPv6 only */
	__u8 icmp_code;
	__u8 opener;	/* direction of the side that opened the connection, 0 or 1 */
	__u8 opener_by; /* enum fb_opener_by */
	__u8 tos;	/* DSCP and ECN of the first packet */
	__u8 pad;

	/* It lies on the border: an IPv4 packet is told by its last 12 bytes and those behind it.
	 */
	struct fb_key key;

	/* hot: one cache line, touched by every packet */
	__u8 addr4[4];	   /* IPv4: once more the last four bytes of key.addr[0] */
	__u64 packets[2];  /* wire packets: every segment of a GSO skb */
	__u64 bytes[2];	   /* IP bytes: total length, every segment's headers counted */
	__u64 last_seen;   /* ticks: jiffies64, or microseconds of the capture in replay */
	__u8 tcp_flags[2]; /* every TCP flag seen; SYN, FIN, RST where they fit the connection */
	__u8 sight[2];	   /* 0 unseen, else 1 + enum fb_hook */
	__u16 state;	   /* enum fb_row_state */
	__u8 inspect;	   /* enum fb_row_inspect, enum fb_verdict: written by both halves */
	__u8 moved;	   /* fb_moved has the row's bit; the user half takes it back after that */
};

enum fb_opener_by {
	FB_OPENER_FIRST = 0, /* sent the first packet that was seen: a guess */
	FB_OPENER_SYN = 1,   /* sent the SYN, or was sent the SYN-ACK */
};

/*
 * fb_moved: a bit for each row, 64 an entry. Set when the row is made, and when its last_seen
 * changes and fb_row.moved is 0; the user half takes the bits and looks at those rows alone.
 */
#define FB_MOVED_ROWS	    64
#define FB_MOVED_WORDS(max) (((max) + FB_MOVED_ROWS - 1) / FB_MOVED_ROWS)

_Static_assert(sizeof(struct fb_row) == 128, "a row is two cache lines");
_Static_assert(__builtin_offsetof(struct fb_row, key.addr[1][12]) == 64,
	       "what tells an IPv4 packet's row and counts it is one cache line");
