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
