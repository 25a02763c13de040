/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work on many slots at once, which the user half asks for by one run of flowbpf_batch: a system
 * call for each look, delete and push is most of what a short connection costs.
 */
#pragma once

#include <linux/types.h>

enum fb_batch_what {
	FB_BATCH_UNLINK, /* rows that are FB_ROW_UNLINKED leave the index, if they still have it */
	FB_BATCH_FREE, /* such rows lose their names, are cleared and free, the last taken first */
	FB_BATCH_TAKE, /* the free slots that would be taken next are told, and FB_ROW_UNLINKED */
};

/* At most, so that a run keeps its CPU for a tenth of a millisecond. */
#define FB_BATCH_MAX 256

/* The one entry of fb_batch. */
struct fb_batch {
	__u32 what; /* enum fb_batch_what */
	__u32 n;    /* slots asked for */
	__u32 done; /* of those: that left the index, are free, were taken */
	__u32 slot[FB_BATCH_MAX];
};

/*
 * Frames of a capture for flowbpf_replay, which is run as often as there are: fb_batch.n of them,
 * fb_batch.done is the next one.
 */
#define FB_FRAMES      64
#define FB_FRAME_BYTES 2032 /* longer ones are run alone */

struct fb_frame_slot {
	__u64 ts_ns;
	__u32 len;  /* bytes of `data` */
	__u32 wire; /* bytes on the wire */
	__u8 data[FB_FRAME_BYTES];
};

_Static_assert(sizeof(struct fb_frame_slot) == 2048, "slots fill pages");
