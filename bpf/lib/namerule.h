/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a rule about the name that a hello asks for, or about a domain above it? Asked once a hello,
 * before its packet is counted. TCP only: both ends are told by a RST.
 *
 *   w w w . e x a m p l e . c o m     read from its end
 *         |               |
 *         |               +-- the hash so far is that of "com": .below
 *         +------------------ that of "example.com": .below; of all: .at
 */
#pragma once

#include "lib/hint.h"
#include "lib/rules.h"

static __always_inline void name_look(const struct fb_state *state, struct fb_name_look *look,
				      bool whole)
{
	__u64 hash = look->hash;
	struct fb_rule_name *entry = bpf_map_lookup_elem(&fb_rule_names, &hash);
	struct fb_rule_entry *rule;
	__u32 number;

	if (!entry)
		return;
	number = whole ? entry->at : entry->below;
	rule = rule_of(state, look->now, number);
	if (!rule)
		return;
	if (!rule->verdict)
		look->spared = 1;
	else
		look->found = number;
}

struct fb_name_walk {
	struct fb_scratch *scratch;
	const struct fb_state *state;
	__u32 len;
};

/* One byte, from the last on. */
static long name_step(__u32 i, struct fb_name_walk *walk)
{
	struct fb_name_look *look = &walk->scratch->look;
	__u32 at = (walk->len - 1 - i) & FB_NAME_MAX;
	__u8 c = walk->scratch->name.name[at];

	if (c == '.')
		name_look(walk->state, look, false);
	look->hash = fb_name_hash(look->hash, c);
	return 0;
}

/* Of the name that stands in fb_scratch: the nearest rule; 0: none, or an exception wins. */
static __always_inline __u32 name_find(const struct fb_state *state, struct fb_scratch *scratch)
{
	struct fb_name_walk walk = {scratch, state, scratch->name.len};
	struct fb_name_look *look = &scratch->look;

	look->hash = state->name_key;
	look->now = bpf_ktime_get_boot_ns();
	look->found = look->spared = 0;
	if (walk.len && scratch->name.name[(walk.len - 1) & FB_NAME_MAX] == '.')
		walk.len--;
	if (!walk.len)
		return 0;
	bpf_loop(walk.len, name_step, &walk, 0);
	name_look(state, look, true);
	return look->spared ? 0 : look->found;
}

/* 1: the row has that rule's verdict from here on. */
__noinline int name_rule(struct fb_pkt *p, __u32 slot)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	struct fb_scratch *scratch;
	struct fb_state *state;
	__u32 zero = 0, number, how = 0;

	scratch = bpf_map_lookup_elem(&fb_scratch, &zero);
	state = bpf_map_lookup_elem(&fb_state, &zero);
	if (!p || !side || !row || !scratch || !state || !state->names ||
	    row->inspect & (FB_VERDICT_DROP | FB_VERDICT_RESET))
		return 0;
	number = name_find(state, scratch);
	if (!number)
		return 0;
	if (row->opener_by == FB_OPENER_SYN && row->opener == p->dir)
		how = RULE_BY_CLIENT;
	if (rule_find(p, how) == RULE_SPARED)
		return 0;
	side->rule = number;
	__sync_fetch_and_or(STATE_WORD(row), FB_VERDICT_RESET << INSPECT_SHIFT);
	return 1;
}
