/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Find or create the row of a packet's flow. The one place where slots are taken. */
#pragma once

#include "lib/evict.h"
#include "lib/hint.h"
#include "lib/index.h"
#include "lib/pkt.h"
#include "lib/rules.h"
#include "lib/stat.h"

#define SHUT_OUT(n) (NO_SLOT - (n)) /* and back */

/* The four bytes tcp_flags[2], sight[2] as an atomic word. */
#define FLAGS_WORD(row) ((__u32 *)&(row)->tcp_flags)

_Static_assert(__builtin_offsetof(struct fb_row, tcp_flags) % 4 == 0, "an aligned word");

static __always_inline __u64 now_ns(struct __sk_buff *skb)
{
	return fb_knobs.replay ? skb->tstamp : bpf_ktime_get_boot_ns();
}

static __always_inline __u64 now_ticks(struct __sk_buff *skb)
{
	return fb_knobs.replay ? skb->tstamp / 1000 : bpf_jiffies64();
}

/*
 * The user half is to look at this row. `moved` is the first written, and the bit by an atomic that
 * tells its old value, a barrier everywhere: a row whose `moved` stays without its bit is told no
 * more.
 */
static __always_inline void row_moved(struct fb_row *row, __u32 slot)
{
	__u64 bit = 1ull << (slot & (FB_MOVED_ROWS - 1)), *rows, old;
	__u32 i = slot / FB_MOVED_ROWS;

	row->moved = 1;
	rows = bpf_map_lookup_elem(&fb_moved, &i);
	if (!rows)
		return;
	old = __sync_fetch_and_or(rows, bit);
	asm volatile("" : : "r"(old)); /* wanted, so that it is that kind of atomic */
}

/*
 * After its packet is counted: whoever finds the row by its bit finds the packet in it. True: the
 * first one of a tick.
 */
static __always_inline bool touch(struct __sk_buff *skb, struct fb_row *row, __u32 slot)
{
	__u64 now = now_ticks(skb);
	bool later = fb_knobs.replay ? row->last_seen < now : row->last_seen != now;

	if (later) {
		row->last_seen = now;
		if (!row->moved)
			row_moved(row, slot);
	}
	return later;
}

static __always_inline bool row_add(struct __sk_buff *skb, struct fb_row *row,
				    const struct fb_pkt *p, __u32 slot)
{
	__u32 dir = p->dir & 1;

	__sync_fetch_and_add(&row->packets[dir], p->segs);
	__sync_fetch_and_add(&row->bytes[dir], p->bytes);
	return touch(skb, row, slot);
}

/* Freed slots first, lowest first; then those that were never used. */
static __always_inline __s64 slot_take(void)
{
	struct fb_state *state;
	__u32 zero = 0, slot;
	__u64 next;

	if (!bpf_map_pop_elem(&fb_free, &slot))
		return slot;
	state = bpf_map_lookup_elem(&fb_state, &zero);
	if (!state || *(volatile __u64 *)&state->next_slot >= fb_knobs.max_flows)
		return NO_SLOT;
	next = __sync_fetch_and_add(&state->next_slot, 1);
	return next < fb_knobs.max_flows ? (__s64)next : NO_SLOT;
}

static __always_inline void row_key(struct fb_row *row, const struct fb_pkt *p)
{
	__be32 *addr0 = (__be32 *)row->key.addr[0], *addr1 = (__be32 *)row->key.addr[1];
	const __u32 *from = (const __u32 *)&p->key;

	if (p->family == FB_IPV6) {
#pragma unroll
		for (int i = 0; i < 10; i++)
			addr0[i] = from[i];
		return;
	}
	*(__be32 *)row->addr4 = from[0];
	addr0[2] = addr1[2] = bpf_htonl(0xffff);
	addr0[3] = *(const __be32 *)p->key4.addr[0];
	addr1[3] = *(const __be32 *)p->key4.addr[1];
	row->key.port[0] = p->key4.port[0];
	row->key.port[1] = p->key4.port[1];
	row->key.proto = p->proto;
	row->key.family = FB_IPV4;
	row->key.lane = p->lane;
}

/* Who opened the connection, as its SYN or SYN-ACK tells. */
static __always_inline void row_opener(struct __sk_buff *skb, struct fb_row *row,
				       const struct fb_pkt *p)
{
	struct tcphdr tcp;

	row->opener = p->dir;
	row->opener_by = FB_OPENER_FIRST;
	if (!(p->tcp_flags & TCP_SYN) || bpf_skb_load_bytes(skb, p->l4, &tcp, sizeof(tcp)))
		return;
	row->opener_by = FB_OPENER_SYN;
	row->isn = bpf_ntohl(tcp.seq);
	if (p->tcp_flags & TCP_ACK) {
		row->opener = !p->dir;
		row->isn = bpf_ntohl(tcp.ack_seq) - 1;
	}
}

static __always_inline struct fb_quality *quality_of(__u32 slot)
{
	return bpf_map_lookup_elem(&fb_quality, &slot);
}

static __always_inline void quality_clear(__u32 slot)
{
	struct fb_quality *quality = fb_knobs.quality ? quality_of(slot) : NULL;

	if (quality)
		__builtin_memset(quality, 0, sizeof(*quality));
}

static __always_inline void row_init(struct __sk_buff *skb, struct fb_row *row,
				     struct fb_side *side, const struct fb_pkt *p, __u32 over)
{
	__u32 generation = (row->generation > over ? row->generation : over) + 1;

	__builtin_memset(side, 0, sizeof(*side));
	__builtin_memset(row, 0, sizeof(*row));
	row->generation = generation;
	row->last_seen = now_ticks(skb);
	row->first_seen = now_ns(skb);
	row->tos = p->tos;
	row->vlan = p->vlan[0];
	row->icmp_type = p->icmp_type;
	row->icmp_code = p->icmp_code;
	row_key(row, p);
	row_opener(skb, row, p);
}

/*
 * A row for the packet, in place of the one that the index has if `over` is that one's generation
 * (the new one is higher, so that the old one's name does not fit). Gives its slot, or NO_SLOT.
 * The row is live only once the index has it, so a reader sees no row twice.
 */
__noinline int flow_create(struct __sk_buff *skb, struct fb_pkt *p, __u32 over)
{
	__u64 how = over ? BPF_ANY : BPF_NOEXIST;
	struct fb_side *side;
	struct fb_row *row;
	__s64 taken;
	__u32 slot;
	int err; /* and not long: before 6.4 the upper half is not said */

	if (!p)
		return NO_SLOT;
	taken = slot_take();
	if (taken < 0 && !fb_knobs.replay) { /* a capture's flows are all kept: it has time */
		taken = flow_evict(p);
		if (taken == EVICT_LOST)
			taken = flow_evict(p);
	}
	if (taken < 0)
		return NO_SLOT;
	slot = taken;
	row = bpf_map_lookup_elem(&fb_flows, &slot);
	side = bpf_map_lookup_elem(&fb_sides, &slot);
	if (!row || !side)
		return NO_SLOT;
	row_init(skb, row, side, p, over);
	quality_clear(slot);
	err = index_put(p, &slot, how);
	if (!err) {
		__sync_fetch_and_or(STATE_WORD(row), FB_ROW_LIVE);
		row_moved(row, slot);
		return slot;
	}
	bpf_map_push_elem(&fb_free, &slot, BPF_ANY);
	stat_event(p->link, p->hook, FB_STAT_index_failed, 1, 0);
	return err == -EEXIST ? (int)index_find(p) : NO_SLOT;
}

static __always_inline void row_limit(__u32 slot, __u32 number, bool turned)
{
	__u32 bits = FB_VERDICT_LIMIT | (turned ? FB_VERDICT_TURNED : 0);
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);

	if (!side || !row)
		return;
	side->rule = number;
	__sync_fetch_and_or(STATE_WORD(row), bits << INSPECT_SHIFT);
}

/* It is of a limit from its first packet on, by what rule_find gave. */
static __always_inline void row_limit_by(__u32 slot, __u32 found)
{
	__u32 number = found & RULE_NUMBER;
	struct fb_rule_entry *rule = bpf_map_lookup_elem(&fb_rules, &number);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);

	if (rule && row)
		row_limit(slot, number,
			  rule->limit & FB_LIMIT_INSIDE ? found & RULE_END1 : row->opener);
}

/* The 5-tuple is used again: its limit holds. */
static __always_inline void row_limit_again(const struct fb_row *row, __u32 slot, __u32 fresh)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);

	if (side && row->inspect & FB_VERDICT_LIMIT)
		row_limit(fresh, side->rule, row->inspect & FB_VERDICT_TURNED);
}

/*
 * A SYN's flow is new as a rule: hints do not know it. Their line is fetched while the index is
 * asked.
 */
static __always_inline bool flow_opens(const struct fb_pkt *p)
{
	return (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/*
 * The packet's slot: where the cache has it not at home. NO_SLOT: none is free; below that: it may
 * have none, by the rule of that number (SHUT_OUT).
 */
__noinline int flow_lookup(struct __sk_buff *skb, struct fb_pkt *p)
{
	__s64 slot = NO_SLOT;
	struct fb_hints *set;
	__u64 hash;
	int number = 0;

	if (!p)
		return NO_SLOT;
	hash = hint_hash(p);
	set = hint_set(hash);
	if (set && flow_opens(p))
		hint_fetch(set);
	else
		slot = set ? hint_search(set, hash, p) : NO_SLOT;
	if (slot >= 0)
		return slot;
	slot = index_find(p);
	if (slot < 0 && !fb_knobs.replay) {
		number = rule_find(p, 0);
		if (number > 0 && !(number & RULE_LIMITS))
			return SHUT_OUT(number);
	}
	if (slot < 0) {
		slot = flow_create(skb, p, 0);
		if (number > 0 && slot >= 0)
			row_limit_by(slot, number);
	}
	if (slot < 0 && !fb_knobs.replay && number == RULE_SPARED) {
		number = rule_find(p, RULE_NO_ROW);
		if (number > 0 && !(number & RULE_LIMITS))
			return SHUT_OUT(number);
	}
	if (slot >= 0 && set)
		hint_remember(set, hash, slot);
	return slot;
}

/* The row to count in, or NULL: *ret_slot is the rule that shuts the packet out, or 0. */
static __always_inline struct fb_row *flow_find(struct __sk_buff *skb, struct fb_pkt *p,
						__u32 *ret_slot)
{
	struct fb_row *row = NULL;
	__s64 slot;

	if (!flow_opens(p))
		row = hint_row_at_home(hint_hash(p), 1, ret_slot);
	if (row && row_is(row, p))
		return row;
	slot = flow_lookup(skb, p);
	if (slot < 0) {
		*ret_slot = SHUT_OUT(slot);
		return NULL;
	}
	*ret_slot = slot;
	return bpf_map_lookup_elem(&fb_flows, ret_slot);
}
