/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A SYN that comes in: does it go on? See flowbpf/flood.h. Asked where it is first seen, by XDP or
 * at TC; what a handshake that was finished says comes from TC.
 */
#pragma once

#include "lib/lane.h"
#include "lib/rules.h"

#define FLOOD_YOUNGEST 3 /* slices: no TCP sends again sooner */

static __always_inline __u64 flood_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	hash = (hash ^ hash >> 32) * 0xbf58476d1ce4e5b9ull;
	return hash ^ hash >> 29;
}

/* The end's address as words; IPv6 of a source: its /64. */
static __always_inline void flood_addr(const struct fb_pkt *p, __u32 end, __u64 *to)
{
	if (p->family == FB_IPV4) {
		to[0] = 0;
		to[1] = (__u64) * (const __u32 *)(end ? p->key4.addr[1] : p->key4.addr[0]) << 32 |
			bpf_htonl(0xffff);
	} else {
		__builtin_memcpy(to, end ? p->key.addr[1] : p->key.addr[0], 16);
	}
}

static __always_inline void flood_source(const struct fb_pkt *p, __u32 end,
					 struct fb_flood_source *source)
{
	__u64 *words = (__u64 *)source->addr;

	flood_addr(p, end, words);
	if (p->family == FB_IPV6)
		words[1] = 0;
}

static __always_inline struct fb_flood_end *flood_end(const struct fb_pkt *p, __u32 end)
{
	__u64 addr[2], hash;
	__u32 i;

	flood_addr(p, end, addr);
	hash = flood_mix(flood_mix(fb_knobs.flood_seed, addr[0]), addr[1]);
	i = hash & (FB_FLOOD_ENDS - 1);
	return bpf_map_lookup_elem(&fb_flood_ends, &i);
}

/* One SYN more, or a handshake. The first of a second, on whatever CPU, puts the last one away. */
static __always_inline void flood_count(struct fb_flood_end *end, __u32 second, int n)
{
	__u32 was = end->second;

	if (was != second && __sync_val_compare_and_swap(&end->second, was, second) == was) {
		end->before = was + 1 == second ? end->open : 0;
		end->open = 0;
	}
	__sync_fetch_and_add(&end->open, n);
}

/* His SYNs go on, up to a share. */
static __always_inline bool flood_knows(const struct fb_pkt *p, __u32 second)
{
	struct fb_flood_known *known;
	struct fb_flood_source source;

	flood_source(p, p->dir & 1, &source);
	known = bpf_map_lookup_elem(&fb_flood_known, &source);
	if (!known)
		return false;
	if (known->second != second) {
		known->second = second;
		known->syns = 0;
	}
	return __sync_fetch_and_add(&known->syns, 1) < FB_FLOOD_SHARE;
}

static __always_inline __u64 flood_hash(const struct fb_pkt *p, __be32 seq)
{
	const __u64 *words = (const __u64 *)&p->key;
	__u64 hash = flood_mix(fb_knobs.flood_seed ^ seq, words[0]);

	hash = flood_mix(hash, words[1]);
	if (p->family == FB_IPV4)
		return hash;
	return flood_mix(flood_mix(flood_mix(hash, words[2]), words[3]), words[4]);
}

/* 1: this slice has no such SYN, else 0. By arithmetic: branches would be thousands of ways. */
static __always_inline __u64 flood_differs(const struct fb_flood_syns *syns, __u64 slice,
					   __u64 bits)
{
	__u64 word = syns->slice[slice & (FB_FLOOD_SLICES - 1)];
	__u64 differs = (word >> FB_FLOOD_BITS ^ (slice & 0xffff)) | (bits & ~word);
	__u64 minus = -differs;

	asm volatile("" : "+r"(minus)); /* or it is made a comparison of */
	return (differs | minus) >> 63;
}

/* Remember this SYN; was it there before, long enough ago? */
static __always_inline bool flood_again(const struct fb_pkt *p, __be32 seq, __u64 now)
{
	__u64 hash = flood_hash(p, seq), slice = now >> FB_FLOOD_SLICE, bits, word, *own;
	__u32 i = hash & (FB_FLOOD_SYNS - 1), age, tag = slice & 0xffff;
	struct fb_flood_syns *syns = bpf_map_lookup_elem(&fb_flood_syns, &i);
	__u64 all = 1;

	if (!syns)
		return true;
	hash >>= 17;
	bits = 1ull << (hash & 15) | 1ull << (16 + (hash >> 4 & 15)) |
	       1ull << (32 + (hash >> 8 & 15));
#pragma unroll
	for (age = FLOOD_YOUNGEST; age < FB_FLOOD_SLICES; age++)
		all &= flood_differs(syns, slice - age, bits);
	own = &syns->slice[slice & (FB_FLOOD_SLICES - 1)];
	word = *own;
	if (word >> FB_FLOOD_BITS != tag)
		__sync_val_compare_and_swap(own, word, (__u64)tag << FB_FLOOD_BITS);
	__sync_fetch_and_or(own, bits);
	return !all;
}

static __always_inline bool flood_off(void)
{
	__u32 zero = 0;
	const struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);

	return !state || state->no_verdicts;
}

/* False: this SYN is dropped. */
__noinline int flood_admits(struct fb_pkt *p, __u32 seq)
{
	struct fb_flood_end *end;
	__u32 second;
	__u64 now;
	bool again;

	if (!p || flood_off() || net_spares(p))
		return 1;
	end = flood_end(p, !(p->dir & 1));
	if (!end)
		return 1;
	now = bpf_ktime_get_boot_ns();
	second = now >> FB_FLOOD_SECOND;
	flood_count(end, second, 1);
	again = flood_again(p, seq, now);
	if ((end->open <= (int)fb_knobs.flood_rate && end->before <= (int)fb_knobs.flood_rate) ||
	    again || flood_knows(p, second))
		return 1;
	__sync_fetch_and_add(&end->dropped, 1);
	flood_addr(p, !(p->dir & 1), (__u64 *)end->addr);
	return 0;
}

/* The opener, who sent this packet, has answered a number that it was told. */
static __always_inline void flood_finished(const struct fb_pkt *p)
{
	const __u32 second = bpf_ktime_get_boot_ns() >> FB_FLOOD_SECOND;
	const struct fb_flood_known none = {};
	struct fb_flood_end *end = flood_end(p, !(p->dir & 1));
	struct fb_flood_source source;

	if (end)
		flood_count(end, second, -1);
	flood_source(p, p->dir & 1, &source);
	bpf_map_update_elem(&fb_flood_known, &source, &none, BPF_NOEXIST);
}
