/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments: the first one has the ports, the later ones find them here.
 */
#pragma once

#include "lib/maps.h"

static __always_inline void frag_remember(const struct fb_frag_key *key, __be16 sport, __be16 dport,
					  __u8 proto)
{
	struct fb_frag frag = {
		.port = {sport, dport},
		.proto = proto,
	};

	bpf_map_update_elem(&fb_frags, key, &frag, BPF_ANY);
}

static __always_inline bool frag_recall(const struct fb_frag_key *key, struct fb_frag *ret_frag)
{
	struct fb_frag *frag = bpf_map_lookup_elem(&fb_frags, key);

	if (!frag)
		return false;
	*ret_frag = *frag;
	return true;
}
