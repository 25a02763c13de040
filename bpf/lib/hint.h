/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cache in front of the index: flow key -> slot, guessed without a helper call, in sets of a
 * cache line. The hash names a way of the set where a flow is looked for first, inline; all others
 * come after it, in a call. A hint is believed only if the row has this very key and is live, in
 * the index and not superseded; so what it says can be stale or wrong at no harm. (On machines that
 * mitigate return predictors, a hash lookup costs more than all the rest of the data path.)
 *
 * A way: | tag 8 | slot 24 |, 0: empty
 */
#pragma once

#include "lib/pkt.h"

#define HINT_SLOT_BITS 24
#define HINT_SLOT_MASK ((1u << HINT_SLOT_BITS) - 1)

_Static_assert(FB_MAX_FLOWS_MOST <= 1 << HINT_SLOT_BITS, "every slot fits a hint");

/* The four bytes from `state` on, which atomics can reach; `inspect` is the third of them. */
#define STATE_WORD(row) ((__u32 *)&(row)->state)
#define INSPECT_SHIFT	16

_Static_assert(__builtin_offsetof(struct fb_row, state) % 4 == 0, "an aligned word");

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

static __always_inline __u32 hint_home(__u64 hash)
{
	return (__u32)(hash >> 32) & (FB_HINT_WAYS - 1);
}

static __always_inline struct fb_hints *hint_set(__u64 hash)
{
	__u32 i = (hash & 0xffffffff) * fb_knobs.hint_sets >> 32;

	return fb_knobs.hint_sets ? bpf_map_lookup_elem(&fb_hints, &i) : NULL;
}

/* Of IPv4 all that is read lies in one cache line. Words of IPv6 are not aligned in a row. */
static __always_inline bool row_is(const struct fb_row *row, const struct fb_pkt *p)
{
	const __u64 *want = (const __u64 *)&p->key, *have = (const __u64 *)&row->key;
	const __u64 *tail = (const __u64 *)&row->key.addr[1][12];
	__u16 all = FB_ROW_LIVE | FB_ROW_SUPERSEDED | FB_ROW_UNLINKED;

	if ((*(volatile const __u16 *)&row->state & all) != FB_ROW_LIVE)
		return false;
	if (p->family == FB_IPV4)
		return tail[0] == (want[0] >> 32 | want[1] << 32) &&
		       tail[1] == (want[1] >> 32 | (__u64)FB_IPV4 << 8 | want[0] << 32);
	return have[4] == want[4] && have[0] == want[0] && have[1] == want[1] &&
	       have[2] == want[2] && have[3] == want[3];
}

/* The row that a hint speaks of, if it is the packet's. */
static __always_inline struct fb_row *hint_row(__u32 hint, __u64 hash, const struct fb_pkt *p,
					       __u32 *ret_slot)
{
	struct fb_row *row;

	if ((hint & ~HINT_SLOT_MASK) != hint_tag(hash))
		return NULL;
	*ret_slot = hint & HINT_SLOT_MASK;
	row = bpf_map_lookup_elem(&fb_flows, ret_slot);
	return row && row_is(row, p) ? row : NULL;
}

/*
 * In the other ways of the set; what is found changes places with what was at home. An empty way
 * ends the search: none becomes empty again.
 */
static __always_inline __s64 hint_search(struct fb_hints *set, __u64 hash, const struct fb_pkt *p)
{
	__u32 home = hint_home(hash), i, hint, slot;

#pragma nounroll
	for (i = 1; i < FB_HINT_WAYS; i++) {
		__u32 way = (home + i) & (FB_HINT_WAYS - 1);

		hint = set->way[way];
		if (!hint)
			break;
		if (!hint_row(hint, hash, p, &slot))
			continue;
		set->way[way] = set->way[home];
		set->way[home] = hint;
		return slot;
	}
	return -1;
}

/*
 * Remember a slot: at home if that is empty, else in an empty way, else over any: most of a full
 * set are of flows that ended, and who is driven out comes back with his next packet.
 */
static __always_inline void hint_remember(struct fb_hints *set, __u64 hash, __u32 slot)
{
	__u32 home = hint_home(hash), way = home, i;

#pragma nounroll
	for (i = 0; i < FB_HINT_WAYS; i++) {
		way = (home + i) & (FB_HINT_WAYS - 1);
		if (!set->way[way])
			break;
	}
	if (i == FB_HINT_WAYS)
		way = bpf_get_prandom_u32() & (FB_HINT_WAYS - 1);
	set->way[way] = hint_tag(hash) | slot;
}
