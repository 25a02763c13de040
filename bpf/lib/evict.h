/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * No row is free: the least worth of a few gives its own, the longest silent of them first. So a
 * flood turns its own rows over, as fast as it comes, and what was answered stays. Only this path
 * pays for it: it looks at EVICT_LOOKS rows at most. LRU maps evict whom they like, and say
 * nothing.
 */
#pragma once

#include "lib/hint.h"
#include "lib/lane.h"
#include "lib/pkt.h"
#include "lib/stat.h"

#define EVICT_LOOKS  32 /* rows, of random slots */
#define EVICT_ENOUGH 6	/* of no worth or one's own: no further look */
#define EVICT_FEW    2	/* of no worth: connections that begin, and not another's flood */

/* The same scale as user/table/relief.c. */
enum row_worth {
	WORTH_NONE, /* nobody answered: a few packets one way, a handshake that is not done */
	WORTH_SOME, /* one question and its answer, a one-way stream, a connection that is over */
	WORTH_KEPT, /* both sides spoke on: given up for its own source's sake only */
	WORTHS,
};

#define WORTH_SHIFT 62 /* ticks stay below */

struct fb_victim {
	__u8 addr[16];	/* who wants a row, as in a row's key */
	__u64 best;	/* worth and last_seen of the least of all, but those that are kept; ... */
	__u64 best_own; /* ... and of all that this source opened: least first */
	__u32 slot, slot_own;
	__u32 n_own, n_none; /* of its rows; of others', those of no worth */
};

static __always_inline enum row_worth row_worth(const struct fb_row *row)
{
	__u64 up = row->packets[0], down = row->packets[1];
	__u8 both = row->tcp_flags[0] & row->tcp_flags[1];

	if (row->key.proto == IPPROTO_TCP && both & TCP_ACK)
		return both & TCP_FIN ? WORTH_SOME : WORTH_KEPT;
	if (!up || !down)
		return up + down < 4 ? WORTH_NONE : WORTH_SOME;
	/* Who answers himself comes by one hook. */
	if (row->key.proto == IPPROTO_TCP || (up + down < 4 && row->sight[0] == row->sight[1]))
		return WORTH_NONE;
	return up > 1 && down > 1 ? WORTH_KEPT : WORTH_SOME;
}

/* Look at the row of one slot; says whether that was enough. Verified once: the caller loops. */
__noinline int evict_look(struct fb_victim *v, __u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	const __u64 *addr;
	__u64 rank;
	bool own;
	int worth;

	if (!row || !v || (row->state & ~FB_ROW_NOTES) != FB_ROW_LIVE)
		return 0;
	worth = row_worth(row);
	rank = (__u64)worth << WORTH_SHIFT | row->last_seen;
	addr = (const __u64 *)row->key.addr[row->opener & 1];
	own = addr[0] == ((__u64 *)v->addr)[0] && addr[1] == ((__u64 *)v->addr)[1];
	v->n_own += own;
	v->n_none += !own && worth == WORTH_NONE;
	if (own && rank < v->best_own) {
		v->best_own = rank;
		v->slot_own = slot;
	}
	if (worth != WORTH_KEPT && rank < v->best) {
		v->best = rank;
		v->slot = slot;
	}
	return v->n_none + v->n_own >= EVICT_ENOUGH && v->best >> WORTH_SHIFT == WORTH_NONE;
}

static __always_inline void evict_name(const struct fb_row *row, __u32 state)
{
	struct fb_key key = row->key;

	if (state & FB_ROW_NAMED)
		bpf_map_delete_elem(&fb_names, &key);
}

static __always_inline void evict_owner(__u32 slot, __u32 state)
{
	if (state & FB_ROW_OWNED)
		bpf_map_delete_elem(&fb_owners, &slot);
}

/* Says whether the index led here. */
static __always_inline int evict_index(const struct fb_row *row, __u32 slot)
{
	struct fb_key key = row->key;
	struct fb_key4 key4 = {};
	__u32 *at;

	if (key.family != FB_IPV4) {
		at = bpf_map_lookup_elem(&fb_index6, &key);
		return at && *at == slot && !bpf_map_delete_elem(&fb_index6, &key);
	}
	__builtin_memcpy(key4.addr[0], &key.addr[0][12], 4);
	__builtin_memcpy(key4.addr[1], &key.addr[1][12], 4);
	key4.port[0] = key.port[0];
	key4.port[1] = key.port[1];
	key4.proto = key.proto;
	key4.lane = key.lane;
	at = bpf_map_lookup_elem(&fb_index4, &key4);
	return at && *at == slot && !bpf_map_delete_elem(&fb_index4, &key4);
}

static __always_inline void evict_count(__u16 link, __u32 hook, __u64 *packets, __u64 *bytes)
{
	stat_event(link & (FB_LINK_MAX - 1), hook & 1, FB_STAT_evicted,
		   __sync_lock_test_and_set(packets, 0), __sync_lock_test_and_set(bytes, 0));
}

/*
 * Out of the index, and what it counted to FB_STAT_evicted. Taken from the row in one step each: a
 * packet that had found it a moment before counts in the row's next flow, and none counts twice.
 */
__noinline int evict_row(__u32 slot)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u32 state, dir, hook, link;

	if (!row || !side)
		return 0;
	state = *(volatile __u32 *)STATE_WORD(row);
	/* Not live: nobody reads it. Unlinked: neither another CPU nor the user half takes it. */
	if ((state & 0xffff & ~FB_ROW_NOTES) != FB_ROW_LIVE ||
	    __sync_val_compare_and_swap(STATE_WORD(row), state, FB_ROW_UNLINKED) != state)
		return 0;
	evict_index(row, slot);
	evict_name(row, state);
	evict_owner(slot, state);
	link = lane_link(row->key.lane);
	for (dir = 0; dir < 2; dir++) {
		hook = row->sight[dir] == FB_HOOK_EGRESS + 1;
		evict_count(link, hook, &row->packets[dir], &row->bytes[dir]);
		evict_count(link, !hook, &side->packets[dir], &side->bytes[dir]);
	}
	return 1;
}

static __always_inline void evict_source(struct fb_victim *v, const struct fb_pkt *p)
{
	__u32 dir = p->dir & 1;
	const __be32 *addr4 = (const __be32 *)p->key4.addr;
	__be32 *word = (__be32 *)v->addr;

	if (p->family == FB_IPV6) {
		__builtin_memcpy(v->addr, dir ? p->key.addr[1] : p->key.addr[0], 16);
		return;
	}
	word[0] = word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = dir ? addr4[1] : addr4[0];
}

/*
 * Who has half of the rows takes from himself first, though what he has was answered: he may have
 * answered it. Of what is kept he takes only where nobody has anything else.
 */
static __always_inline bool evict_own(const struct fb_victim *v, __u32 looks)
{
	__u32 worth = v->best_own >> WORTH_SHIFT;

	if (v->n_own * 2 < looks || !v->n_own)
		return false;
	return worth == WORTH_NONE || v->best == ~0ull ||
	       (worth == WORTH_SOME && v->n_none <= EVICT_FEW);
}

#define EVICT_LOST (-2) /* another CPU was faster: once more */

/* A slot taken from another flow, for this packet's; EVICT_LOST, or -1: all are kept. */
__noinline int flow_evict(struct fb_pkt *p)
{
	struct fb_victim v = {.best = ~0ull, .best_own = ~0ull};
	__u32 i, slot;

	if (!p)
		return -1;
	evict_source(&v, p);
	for (i = 0; i < EVICT_LOOKS; i++) {
		slot = (__u64)bpf_get_prandom_u32() * fb_knobs.max_flows >> 32;
		if (evict_look(&v, slot))
			break;
	}
	if (evict_own(&v, i))
		slot = v.slot_own;
	else if (v.best != ~0ull)
		slot = v.slot;
	else
		return -1;
	return evict_row(slot) ? (int)slot : EVICT_LOST;
}
