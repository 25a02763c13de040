/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replay: the kernel runs a program again and again on one skb for the price of one system call.
 * So the program fills it anew each time, from the list of frames that the user half made.
 */
#pragma once

#include "lib/maps.h"

static __always_inline struct fb_frame_slot *refill_next(void)
{
	__u32 zero = 0, i;
	struct fb_batch *batch = bpf_map_lookup_elem(&fb_batch, &zero);

	if (!batch)
		return NULL;
	i = batch->done;
	if (i >= batch->n)
		return NULL;
	batch->done = i + 1;
	return bpf_map_lookup_elem(&fb_frames, &i);
}

/* The skb is the next frame now; false: there is none. */
static __always_inline bool refill(struct __sk_buff *skb)
{
	struct fb_frame_slot *frame = refill_next();
	__u32 last;

	if (!frame)
		return false;
	last = frame->len - 1;
	asm volatile("" : "+r"(last)); /* as load_some() of lib/sample.h */
	if (last >= FB_FRAME_BYTES || bpf_skb_change_tail(skb, last + 1, 0) ||
	    bpf_skb_store_bytes(skb, 0, frame->data, last + 1, 0))
		return false;
	skb->tstamp = frame->ts_ns;
	skb->cb[0] = frame->wire;
	return true;
}
