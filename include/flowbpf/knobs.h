/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user half sets in the kernel half's rodata between open and load, and the shared state
 * that it reads: features that are off are pruned by the verifier.
 */
#pragma once

#include <linux/types.h>

#include "flowbpf/match.h"

struct fb_knobs {
	__u8 replay;  /* time from skb->tstamp, length from the IP header (clipped captures) */
	__u8 decap;   /* count the innermost flow of VXLAN, Geneve, GRE, IPIP, GTP-U */
	__u8 inspect; /* sample payload and read names */
	__u8 owner;   /* ask sockets whose they are */
	__u8 quality; /* follow the numbers of TCP connections */
	__u8 pad[3];
	__u16 sample_packets; /* payload packets sampled per direction, at most */
	__u16 sample_bytes;   /* bytes of each sample, at most FB_SAMPLE_MAX */
	__u32 max_flows;      /* rows of fb_flows */
	__u32 hint_sets;      /* entries of fb_hints: fb_hint_sets(max_flows) */
	__u32 flood_rate; /* unfinished handshakes a second to an address; 0: no look at floods */
	__u64 flood_seed; /* of what floods are hashed by: nobody else knows it */
};

/*
 * Sets of a cache line, FB_HINT_WAYS hints each, three for two rows: in a full table they miss one
 * packet in a hundred, and the smaller they are, the more of them stay in the processor's caches.
 */
#define FB_HINT_WAYS 16

static inline __u32 fb_hint_sets(__u32 max_flows)
{
	return max_flows / (FB_HINT_WAYS * 2) * 3 + 1;
}

/* The one entry of fb_state. */
struct fb_state {
	__u64 next_slot;   /* slots never used yet start here; freed ones are taken first */
	__u64 lanes;	   /* numbers of fb_lanes given to VLANs */
	__u64 clock_ticks; /* written by the program flowbpf_clock, with ... */
	__u64 clock_ns;	   /* ... CLOCK_BOOTTIME of the same moment: ties ticks to time */
	__u64 nets;	   /* not 0: fb_nets is asked for what has no row, and ... */
	__u64 no_verdicts; /* not 0: no rule is in force, whatever the rows and fb_rules say */
	__u8 shape[FB_SHAPES_MAX]; /* ... fb_tuples, for each of these; 0 ends them */
	__u64 names;		   /* not 0: fb_rule_names is asked for the name of a hello, ... */
	__u64 name_key;		   /* ... by its hash, which begins so */
	__u64 excepting;	   /* enum fb_excepting */
	__u64 limit_mark;	   /* see flowbpf/verdict.h; 0: no queue is there */
};
