/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What addresses are called in lists: the best name over all flows of the snapshot that have them
 * at an end, by the rank of its source, then by the bytes of the flow that has it. The flow that
 * stands for an item in a list may know none, or a worse one.
 */
#pragma once

#include "flow/snapshot.h"
#include "util/index.h"

struct fb_labels {
	struct fb_index index;
	struct fb_label {
		uint8_t addr[16];
		uint8_t family;
		const struct fb_flow_name *name; /* as long as the snapshot; NULL: none is known */
		uint64_t bytes;
	} *item;
	uint32_t n, size;
	uint64_t hint[64]; /* bits that the last bytes of the addresses set */
};

int fb_labels_init(struct fb_labels *labels);
void fb_labels_fini(struct fb_labels *labels);

/* An address whose name is wanted; again is fine. 0 or -ENOMEM. */
int fb_labels_want(struct fb_labels *labels, const uint8_t addr[static 16], uint8_t family);
/* Look at one flow: which of its ends (src, dst) are wanted, by the order in which they were;
 * FB_NONE. */
void fb_labels_see(struct fb_labels *labels, const struct fb_flow_at *at, uint32_t ret_number[2]);
/* Look at all flows: one pass. */
void fb_labels_read(struct fb_labels *labels, const struct fb_snapshot *snapshot);
/* NULL: none is known, or it was not wanted. */
const struct fb_flow_name *fb_labels_find(const struct fb_labels *labels,
					  const uint8_t addr[static 16], uint8_t family);
