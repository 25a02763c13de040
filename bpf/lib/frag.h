/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments: the first one has the ports, the later ones find them here. Where a tunnel is opened
 * whose outer packets are fragments, they count to the inner flow: each its own IP bytes, but the
 * last one those of the inner packet, which is whole then.
 */
#pragma once

#include "lib/pkt.h"

static __always_inline void frag_remember(const struct fb_frag_key *key, __u16 sport, __u16 dport,
					  __u8 proto)
{
	struct fb_frag frag = {
		.port = {sport, dport},
		.proto = proto,
	};

	bpf_map_update_elem(&fb_frags, key, &frag, BPF_ANY);
}

static __always_inline struct fb_frag *frag_recall(const struct fb_frag_key *key)
{
	return bpf_map_lookup_elem(&fb_frags, key);
}

/* The first fragment was a tunnel's, with a packet of `len` bytes of this flow in it. */
static __always_inline void frag_open(const struct fb_frag_key *key, const struct fb_pkt *p,
				      __u32 len)
{
	struct fb_frag *frag = frag_recall(key);

	if (!frag)
		return;
	frag->len = len;
	frag->key = p->key;
	frag->family = p->family;
	frag->dir = p->dir;
	frag->proto = p->proto;
	frag->opened = 1;
}

static __always_inline void frag_inner(const struct fb_frag *frag, struct fb_pkt *p)
{
	p->key = frag->key;
	p->family = frag->family;
	p->dir = frag->dir & 1;
	p->proto = frag->proto;
}
