/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the ring buffer fb_ring: payload samples, pushed while a flow's name may still come.
 * A record is struct fb_event followed by `caplen` bytes of payload. Losses are counted, by link.
 * The payload of an ICMP or ICMPv6 error is the whole message, with the packet that it quotes.
 */
#pragma once

#include "flowbpf/key.h"

enum fb_event_flag {
	FB_EVENT_SYN = 1 << 0, /* TCP: `seq` is that of a SYN, payload (TFO) starts at seq + 1 */
	FB_EVENT_FIN = 1 << 1,
	FB_EVENT_CUT = 1 << 2,	/* caplen < len: the sample is shorter than the payload */
	FB_EVENT_LAST = 1 << 3, /* the kernel half's budget for this flow ends with this sample */
	FB_EVENT_NAMED =
		1 << 4, /* the kernel half read the name of the hello in it: fb_names has it */
};

#define FB_SAMPLE_MAX 16384 /* bytes of payload in one record */

/*
 * Payload that is looked at, by direction, before it is taken for one that says no name. The kernel
 * half samples no more than this, and the user half has room for all of it.
 */
#define FB_SAMPLE_PACKETS_DEFAULT 4096	      /* a hello of a byte a segment */
#define FB_SAMPLE_DATAGRAMS	  24	      /* of a UDP flow, none of which looks like a hello */
#define FB_SAMPLE_BYTES_OPENER	  (24 * 1024) /* a hello of 16 kB and what may stand before it */
#define FB_SAMPLE_BYTES_OTHER	  (6 * 1024)  /* a ServerHello and what may stand before it */

struct fb_event {
	struct fb_key key;
	__u64 time; /* ns, as fb_row.first_seen */
	__u32 slot; /* row of the flow; with `generation`, its identity */
	__u32 generation;
	__u32 seq;	/* TCP sequence number of the first payload byte, host order */
	__u32 len;	/* payload bytes on the wire, all segments */
	__u16 caplen;	/* payload bytes that follow */
	__u16 gso_size; /* UDP: length of each datagram but the last; 0: one datagram */
	__u8 dir;	/* direction of the sender, as in fb_row */
	__u8 flags;	/* enum fb_event_flag */
	__u8 opener;	/* fb_row.opener at this moment */
	__u8 pad[1];
};

_Static_assert(sizeof(struct fb_event) == 72, "fb_event has no hidden padding");
