/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cache in front of the index: flow key -> slot, guessed without a helper call, in sets of four
 * ways. A hint is believed only if the row has this very key and is live, in the index and not
 * superseded; so what it says can be stale or wrong at no harm. (On machines that mitigate return
 * predictors, a hash lookup costs more than all the rest of the data path.)
 *
 * A way: | tag 10 | slot 22 |, 0: empty
 */
#pragma once

#include "lib/pkt.h"

#define HINT_SLOT_BITS 22
#define HINT_SLOT_MASK ((1u << HINT_SLOT_BITS) - 1)

_Static_assert(FB_MAX_FLOWS_MOST <= 1 << HINT_SLOT_BITS, "every slot fits a hint");

static __always_inline __u64 hint_hash(const struct fb_pkt *p)
{
	const __u64 *word = (const __u64 *)&p->key;
	__u64 h;

	if (p->family == FB_IPV4) {
		h = word[0] * 0x9e3779b97f4a7c15ull ^ word[1];
	} else {
		h = (word[0] ^ word[4]) * 0x9e3779b97f4a7c15ull ^ word[1];
		h = (h ^ h >> 32) * 0xd6e8feb86659fd93ull ^ word[2];
		h = (h ^ h >> 32) * 0x9e3779b97f4a7c15ull ^ word[3];
	}
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93ull;
	return h ^ h >> 32;
}

static __always_inline __u32 hint_tag(__u64 hash)
{
	return (__u32)(hash >> 32) & ~HINT_SLOT_MASK;
}

static __always_inline struct fb_hints *hint_set(__u64 hash)
{
	__u32 i = (__u32)hash & (fb_knobs.hint_sets - 1);

	return fb_knobs.hint_sets ? bpf_map_lookup_elem(&fb_hints, &i) : NULL;
}

static __always_inline bool row_is(const struct fb_row *row, const struct fb_pkt *p)
{
	const __u64 *have = (const __u64 *)&row->key, *want = (const __u64 *)&p->key;
	__u32 all = FB_ROW_LIVE | FB_ROW_SUPERSEDED | FB_ROW_UNLINKED;
	const __u32 *addr = (const __u32 *)&row->key, *addr4 = (const __u32 *)p->key4.addr;

	if ((*(volatile const __u32 *)&row->state & all) != FB_ROW_LIVE)
		return false;
	if (p->family == FB_IPV4)
		return have[4] == (want[1] | (__u64)FB_IPV4 << 40) && addr[3] == addr4[0] &&
		       addr[7] == addr4[1];
	return have[4] == want[4] && have[0] == want[0] && have[1] == want[1] &&
	       have[2] == want[2] && have[3] == want[3];
}

/* The slot that the cache has for this key, not believed yet; -1: none. */
static __always_inline __s64 hint_find(__u64 hash)
{
	struct fb_hints *set = hint_set(hash);
	__u32 tag = hint_tag(hash), hint;

	if (!set)
		return -1;
	if ((hint = set->way[0], (hint & ~HINT_SLOT_MASK) == tag) ||
	    (hint = set->way[1], (hint & ~HINT_SLOT_MASK) == tag) ||
	    (hint = set->way[2], (hint & ~HINT_SLOT_MASK) == tag) ||
	    (hint = set->way[3], (hint & ~HINT_SLOT_MASK) == tag))
		return hint & HINT_SLOT_MASK;
	return -1;
}

/* Remember a slot: over the same tag, else in an empty way, else over any. */
static __always_inline void hint_remember(__u64 hash, __u32 slot)
{
	struct fb_hints *set = hint_set(hash);
	__u32 tag = hint_tag(hash), way = (__u32)bpf_jiffies64() & 3, i;

	if (!set)
		return;
	for (i = 0; i < 4; i++) {
		if (!set->way[i])
			way = i;
		if ((set->way[i] & ~HINT_SLOT_MASK) == tag) {
			way = i;
			break;
		}
	}
	set->way[way & 3] = tag | slot;
}
