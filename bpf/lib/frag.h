/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments: the first one has the ports, the later ones find them here. Where a tunnel is opened
 * whose outer packets are fragments, they count to the inner flow: each its own IP bytes, but the
 * last one those of the inner packet, which is whole then.
 */
#pragma once

#include "lib/pkt.h"

/* This CPU's last datagram. */
static __always_inline struct fb_frag_recent *frag_recent(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&fb_frag_recent, &zero);
}

static __always_inline void frag_keep(struct fb_frag_recent *recent, const struct fb_frag_key *key,
				      const struct fb_frag *frag)
{
	recent->key = *key;
	recent->port[0] = frag->port[0];
	recent->port[1] = frag->port[1];
	recent->proto = frag->proto;
	recent->tick = bpf_jiffies64();
}

static __always_inline void frag_remember(const struct fb_frag_key *key, __u16 sport, __u16 dport,
					  __u8 proto)
{
	struct fb_frag frag = {
		.port = {sport, dport},
		.proto = proto,
	};

	struct fb_frag_recent *recent = frag_recent();

	bpf_map_update_elem(&fb_frags, key, &frag, BPF_ANY);
	if (recent)
		frag_keep(recent, key, &frag);
}

static __always_inline struct fb_frag *frag_recall(const struct fb_frag_key *key)
{
	return bpf_map_lookup_elem(&fb_frags, key);
}

static __always_inline bool frag_is(const struct fb_frag_recent *recent,
				    const struct fb_frag_key *key)
{
	const __u64 *have = (const __u64 *)&recent->key, *want = (const __u64 *)key;

	return recent->tick == bpf_jiffies64() && have[0] == want[0] && have[1] == want[1] &&
	       have[2] == want[2] && have[3] == want[3] && have[4] == want[4];
}

/*
 * Fragments of a datagram come one behind the other, most often on one CPU: its last one is asked
 * first. Only for as long as no other datagram can have come by the same identification.
 */
static __always_inline bool frag_ports(const struct fb_frag_key *key, __u16 *port, __u8 *proto)
{
	struct fb_frag_recent *recent = frag_recent();
	const struct fb_frag *frag;

	if (!recent)
		return false;
	if (!frag_is(recent, key)) {
		frag = frag_recall(key);
		if (!frag)
			return false;
		frag_keep(recent, key, frag);
	}
	port[0] = recent->port[0];
	port[1] = recent->port[1];
	*proto = recent->proto;
	return true;
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
