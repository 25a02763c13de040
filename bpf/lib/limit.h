/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet whose row is held to a rate (flowbpf/verdict.h): its class and its mark, which the
 * filter reads that sends it to the queue. It is counted before, as if it had passed: what the
 * queue has no room for is dropped behind us, as by the queue of any interface.
 */
#pragma once

#include "lib/flow.h"
#include "lib/rules.h"

static __always_inline __u32 limit_mark(void)
{
	__u32 zero = 0;
	struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);

	return state ? state->limit_mark : 0;
}

/* It comes from the queue to where it left for it: it is counted. What is below counts it, too. */
static __always_inline bool limit_passed(struct __sk_buff *skb)
{
	__u32 held = limit_mark() | FB_LIMIT_HELD;

	if (skb->tc_index != (held | FB_LIMIT_LEAVES))
		return false;
	skb->tc_index = held;
	skb->priority = 0;
	return true;
}

__noinline int limit(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u64 now = bpf_ktime_get_boot_ns();
	struct fb_rule_entry *rule;
	struct fb_state *state;
	__u32 zero = 0, down, mark;

	state = bpf_map_lookup_elem(&fb_state, &zero);
	if (!row || !side || !p || !state)
		return 0;
	rule = rule_of(state, now, side->rule);
	if (!rule) {
		/* the bit stays while none is in force: what waits in the queue is told by it */
		if (!state->no_verdicts)
			__sync_fetch_and_and(STATE_WORD(row), ~(FB_VERDICT_LIMIT << INSPECT_SHIFT));
		return 0;
	}
	down = (row->inspect & FB_VERDICT_TURNED ? 1 : 0) ^ (p->dir & 1);
	mark = state->limit_mark;
	/* once is enough: it was held where it came in */
	if (!(rule->limit & FB_LIMIT_UP << down) || !mark ||
	    (skb->tc_index & ~FB_LIMIT_LEAVES) == (mark | FB_LIMIT_HELD))
		return 0;
	skb->priority = fb_limit_class(side->rule, down);
	skb->tc_index = mark | (p->hook == FB_HOOK_EGRESS ? FB_LIMIT_LEAVES : 0);
	rule_count(rule, p, now);
	return 0;
}

/* The filter's answer: -1, it is to be redirected, or 0. */
static __always_inline int limit_asks(struct __sk_buff *skb)
{
	__u32 index = skb->tc_index, mark;

	if (!index)
		return 0;
	mark = limit_mark();
	if (!mark || (index & ~FB_LIMIT_LEAVES) != mark)
		return 0;
	skb->tc_index = index | FB_LIMIT_HELD;
	return -1;
}
