/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet whose row has a verdict: does it go on? What does not is counted as `blocked` and at its
 * rule, and at no row. The one way by which a packet is dropped or changed.
 */
#pragma once

#include "lib/flow.h"
#include "lib/lane.h"
#include "lib/reset.h"
#include "lib/rules.h"

static __always_inline void verdict_count(struct fb_rule_entry *rule, const struct fb_pkt *p,
					  __u64 now)
{
	rule_count(rule, p, now);
	stat_event(p->link & (FB_LINK_MAX - 1), p->hook & 1, FB_STAT_blocked, p->segs, p->bytes);
}

/* The connection is over, for either end: its 5-tuple may be used again. */
static __always_inline void verdict_ended(struct fb_row *row, __u32 slot)
{
	__sync_fetch_and_or(FLAGS_WORD(row), TCP_RST | TCP_RST << 8);
	row_moved(row, slot);
}

/* FB_VERDICT_GO, or what the program returns; the packet is counted then. */
#define VERDICT_GO 0

__noinline int verdict(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	struct fb_rule_entry *rule;
	struct fb_state *state;
	struct fb_link *link;
	__u64 now = now_ns(skb);
	__u32 zero = 0;
	__u8 bits;

	state = bpf_map_lookup_elem(&fb_state, &zero);
	if (!row || !side || !p || !state)
		return VERDICT_GO;
	bits = row->inspect;
	rule = rule_of(state, now, side->rule);
	if (!rule) {
		__sync_fetch_and_and(STATE_WORD(row), ~(FB_VERDICT_ANY << INSPECT_SHIFT));
		return VERDICT_GO;
	}
	if (!(bits & FB_VERDICT_RESET) || p->proto != IPPROTO_TCP) {
		verdict_count(rule, p, now);
		return TC_ACT_SHOT;
	}
	/* what a RST would answer comes by the other hook; and RSTs are what is wanted */
	if (p->hook == FB_HOOK_EGRESS || p->tcp_flags & TCP_RST)
		return VERDICT_GO;
	verdict_count(rule, p, now);
	link = link_of(skb);
	if (!link || !reset_both(skb, p, link->l2_len))
		return TC_ACT_SHOT;
	__sync_fetch_and_add(&rule->resets, 1);
	verdict_ended(row, slot);
	return TC_ACT_UNSPEC;
}

/* No row, by this rule of fb_nets. */
__noinline int verdict_shut_out(struct fb_pkt *p, __u32 number)
{
	struct fb_rule_entry *rule = bpf_map_lookup_elem(&fb_rules, &number);

	if (rule && p)
		verdict_count(rule, p, bpf_ktime_get_boot_ns());
	return TC_ACT_SHOT;
}
