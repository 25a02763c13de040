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
#define HINT_NEAR      8 /* ways that the short way looks at */

_Static_assert(FB_MAX_FLOWS_MOST <= 1 << HINT_SLOT_BITS, "every slot fits a hint");

/* The four bytes from `state` on, which atomics can reach; `inspect` is the third of them. */
#define STATE_WORD(row) ((__u32 *)&(row)->state)
#define INSPECT_SHIFT	16

_Static_assert(__builtin_offsetof(struct fb_row, state) % 4 == 0, "an aligned word");

/* The two words by which the hot line of a row tells an IPv4 flow. */
struct fb_words4 {
	__u64 tail; /* | address 1 | ports 0, 1 | */
	__u64 rest; /* | protocol, family, lane | address 0 | */
};

/* The addresses of both ends, in two words each, and what follows them in a key. */
struct fb_words6 {
	const __u64 *low, *high;
	__u64 rest;
};

static __always_inline struct fb_words4 words4(const struct fb_pkt *p)
{
	const __u64 *word = (const __u64 *)&p->key;

	return (struct fb_words4){
		.tail = word[0] >> 32 | word[1] << 32,
		.rest = word[1] >> 32 | (__u64)FB_IPV4 << 8 | word[0] << 32,
	};
}

static __always_inline struct fb_words6 words6(const struct fb_pkt *p)
{
	const __u64 *word = (const __u64 *)&p->key;

	return (struct fb_words6){word, word + 2, word[4]};
}

/*
 * A hash takes both directions of a flow alike, so that a packet's flow is looked for before it is
 * known which end is the lower one. Its upper half is good: | set 32 |, and of these bits the
 * lowest: | .. | tag 8 | home 4 | .. |.
 */
#define HINT_MIX 0x9e3779b97f4a7c15ull

static __always_inline __u64 hint_mix(__u64 h)
{
	h *= HINT_MIX;
	return h ^ h >> 32;
}

/* Ends: | address | port |, of IPv6 the words of the address by turns. */
static __always_inline __u64 hint_hash_ends(__u64 a, __u64 b, __u32 rest)
{
	return ((hint_mix(a) + hint_mix(b)) ^ rest) * 0xd6e8feb86659fd93ull;
}

static __always_inline __u64 hint_end6(const __u64 *addr, __u16 port)
{
	return hint_mix(addr[0] ^ (__u64)port << 48) + addr[1];
}

static __always_inline __u64 hint_hash(const struct fb_pkt *p)
{
	const __u64 *word = (const __u64 *)&p->key;

	if (p->family == FB_IPV4)
		return hint_hash_ends((__u32)word[0] | (word[1] & 0xffff) << 32,
				      word[0] >> 32 | (word[1] & 0xffff0000) << 16, word[1] >> 32);
	return hint_hash_ends(hint_end6(word, word[4]), hint_end6(word + 2, word[4] >> 16),
			      word[4] >> 32);
}

static __always_inline __u32 hint_tag(__u64 hash)
{
	return (__u32)(hash >> 14) & ~HINT_SLOT_MASK;
}

static __always_inline __u32 hint_home(__u64 hash)
{
	return (hash >> 34) & (FB_HINT_WAYS - 1);
}

/* The way that is the i-th to be looked at. Linux 6.1 loses bounds by an xor: not by the mask. */
static __always_inline __u32 hint_way(__u32 home, __u32 i)
{
	__u32 way = home ^ i;

	asm volatile("" : "+r"(way));
	return way & (FB_HINT_WAYS - 1);
}

static __always_inline struct fb_hints *hint_set(__u64 hash)
{
	__u32 i = (hash >> 32) * fb_knobs.hint_sets >> 32;

	return bpf_map_lookup_elem(&fb_hints, &i);
}

static __always_inline bool row_in_use(const struct fb_row *row)
{
	__u16 all = FB_ROW_LIVE | FB_ROW_SUPERSEDED | FB_ROW_UNLINKED;

	return (*(volatile const __u16 *)&row->state & all) == FB_ROW_LIVE;
}

/* All that is read here lies in one cache line. */
static __always_inline bool row_is4(const struct fb_row *row, struct fb_words4 w)
{
	const __u64 *have = (const __u64 *)&row->key.addr[1][12];

	return row_in_use(row) && have[0] == w.tail && have[1] == w.rest;
}

/* These words are not aligned in a row. */
static __always_inline bool row_is6(const struct fb_row *row, struct fb_words6 w)
{
	const __u64 *have = (const __u64 *)&row->key;

	return row_in_use(row) && have[4] == w.rest && have[0] == w.low[0] && have[1] == w.low[1] &&
	       have[2] == w.high[0] && have[3] == w.high[1];
}

static __always_inline bool row_is(const struct fb_row *row, const struct fb_pkt *p)
{
	return p->family == FB_IPV4 ? row_is4(row, words4(p)) : row_is6(row, words6(p));
}

static __always_inline bool hint_is(__u32 hint, __u64 hash)
{
	return (hint ^ (__u32)(hash >> 14)) <= HINT_SLOT_MASK;
}

static __always_inline struct fb_row *hint_row(__u32 hint, __u32 *ret_slot)
{
	*ret_slot = hint & HINT_SLOT_MASK;
	return bpf_map_lookup_elem(&fb_flows, ret_slot);
}

/* The row that one of the first `ways` hints of this hash speaks of: home, and those beside it. */
static __always_inline struct fb_row *hint_row_at_home(__u64 hash, __u32 ways, __u32 *ret_slot)
{
	struct fb_hints *set = hint_set(hash);
	__u32 home = hint_home(hash), hint, i;

	if (!set)
		return NULL;
#pragma unroll
	for (i = 0; i < ways; i++) {
		hint = set->way[home ^ i];
		if (hint_is(hint, hash))
			return hint_row(hint, ret_slot);
		if (!hint)
			break;
	}
	return NULL;
}

/*
 * In the other ways of the set; what is found changes places with what was at home. An empty way
 * ends the search: none becomes empty again.
 */
static __always_inline __s64 hint_search(struct fb_hints *set, __u64 hash, const struct fb_pkt *p)
{
	__u32 home = hint_home(hash), i, hint, slot;
	struct fb_row *row;

#pragma nounroll
	for (i = 1; i < FB_HINT_WAYS; i++) {
		__u32 way = hint_way(home, i);

		hint = set->way[way];
		if (!hint)
			break;
		row = hint_is(hint, hash) ? hint_row(hint, &slot) : NULL;
		if (!row || !row_is(row, p))
			continue;
		set->way[way] = set->way[home];
		set->way[home] = hint;
		return slot;
	}
	return -1;
}

/* Load the set's line, and wait for nothing. */
static __always_inline void hint_fetch(const struct fb_hints *set)
{
	__u32 hint = *(const volatile __u32 *)&set->way[0];

	asm volatile("" : : "r"(hint));
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
		way = hint_way(home, i);
		if (!set->way[way])
			break;
	}
	if (i == FB_HINT_WAYS)
		way = bpf_get_prandom_u32() & (FB_HINT_WAYS - 1);
	set->way[way] = hint_tag(hash) | slot;
}
