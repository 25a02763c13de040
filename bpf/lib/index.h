/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the key of a packet's flow to the slot of its row. */
#pragma once

#include "lib/pkt.h"

#define NO_SLOT (-1)

/* Keys go by the stack: Linux 6.1 takes none from memory that a caller handed over. */
static __always_inline __s64 index_find(const struct fb_pkt *p)
{
	__u32 *slot;

	if (p->family == FB_IPV4) {
		struct fb_key4 key = p->key4;

		slot = bpf_map_lookup_elem(&fb_index4, &key);
	} else {
		struct fb_key key = p->key;

		slot = bpf_map_lookup_elem(&fb_index6, &key);
	}
	return slot ? (__s64)*slot : NO_SLOT;
}

static __always_inline long index_put(const struct fb_pkt *p, const __u32 *slot, __u64 how)
{
	if (p->family == FB_IPV4) {
		struct fb_key4 key = p->key4;

		return bpf_map_update_elem(&fb_index4, &key, slot, how);
	} else {
		struct fb_key key = p->key;

		return bpf_map_update_elem(&fb_index6, &key, slot, how);
	}
}
