/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How well a TCP connection does, by the same slot as its row of fb_flows (map fb_quality; one
 * entry where it is off). By the numbers of its segments alone: no option is read. Written by the
 * kernel half only, without atomics: two CPUs that see one direction at once may lose an event.
 * Cleared when the row is made. What the hook counts that fb_row.sight names, nothing else.
 */
#pragma once

#include <linux/types.h>

enum fb_quality_bit {
	FB_QUALITY_SEEN = 1 << 0,  /* `next` is valid */
	FB_QUALITY_WANT = 1 << 1,  /* a new sample of the delay may start */
	FB_QUALITY_TIMED = 1 << 2, /* one runs since `time`, up to `mark` */
	FB_QUALITY_GAP = 1 << 3,   /* bytes from `mark` on are missing since `time` */
	FB_QUALITY_STRAY = 1 << 4, /* a segment of far away ended at `mark` */
	FB_QUALITY_ACKED = 1 << 5, /* the other end has all that was seen */
	FB_QUALITY_ZERO = 1 << 6,  /* the sender's own window is closed */
};

/* Of what key.addr[d] sends. Times in microseconds; delays: from here to its receiver and back. */
struct fb_quality_dir {
	__u32 next; /* sequence number behind the highest byte seen */
	__u32 mark;
	__u32 time;
	__u32 retrans;	   /* segments on the wire that were sent again */
	__u32 delay_min;   /* 0: not known, as the next two */
	__u32 delay;	   /* smoothed, 1/8 */
	__u32 jitter;	   /* mean deviation from it, smoothed, 1/4 */
	__u16 reordered;   /* segments that came late, and were not sent again */
	__u8 zero_windows; /* times that it closed its window */
	__u8 bits;	   /* enum fb_quality_bit */
};

struct fb_quality {
	struct fb_quality_dir dir[2];
};

_Static_assert(sizeof(struct fb_quality) == 64, "one cache line");
