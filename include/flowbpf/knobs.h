/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user half sets in the kernel half's rodata between open and load, and the shared state
 * that it reads: features that are off are pruned by the verifier.
 */
#pragma once

#include <linux/types.h>

struct fb_knobs {
	__u8 replay;  /* time from skb->tstamp, length from the IP header (clipped captures) */
	__u8 decap;   /* count the innermost flow of VXLAN, Geneve, GRE, IPIP, GTP-U */
	__u8 inspect; /* sample payload and read names */
	__u8 pad;
	__u16 sample_packets; /* payload packets sampled per direction, at most */
	__u16 sample_bytes;   /* bytes of each sample, at most FB_SAMPLE_MAX */
	__u32 max_flows;      /* rows of fb_flows */
	__u32 hint_sets;      /* entries of fb_hints: fb_hint_sets(max_flows); 0: no cache */
};

/* Sets of four hints each, two for every row, rounded up to a power of two. */
static inline __u32 fb_hint_sets(__u32 max_flows)
{
	__u32 sets = 1;

	while (sets < max_flows / 2)
		sets *= 2;
	return sets;
}

/* The one entry of fb_state. */
struct fb_state {
	__u64 next_slot;   /* slots never used yet start here; freed ones are taken first */
	__u64 lanes;	   /* numbers of fb_lanes given to VLANs */
	__u64 clock_ticks; /* written by the program flowbpf_clock, with ... */
	__u64 clock_ns;	   /* ... CLOCK_BOOTTIME of the same moment: ties ticks to time */
};
