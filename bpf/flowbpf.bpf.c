/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data path at TC, both directions: parse, find or create the flow, count, sample first bytes.
 * It drops or changes no packet but those of a verdict, and lets the next program decide.
 *
 * Conservation, per link and hook: seen = what all rows count + the conserved causes of stats.h.
 */
#include "vmlinux.h"

#include "lib/batch.h"
#include "lib/flood.h"
#include "lib/flow.h"
#include "lib/knobs.h"
#include "lib/lane.h"
#include "lib/limit.h"
#include "lib/maps.h"
#include "lib/namerule.h"
#include "lib/near.h"
#include "lib/owner.h"
#include "lib/pkt.h"
#include "lib/plain.h"
#include "lib/poke.h"
#include "lib/quality.h"
#include "lib/refill.h"
#include "lib/sample.h"
#include "lib/stat.h"
#include "lib/tcp.h"
#include "lib/verdict.h"
#include "lib/walk.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * A packet of a direction that the other hook of this interface saw first: most often one that was
 * seen there, too. Its payload is sampled only where that is out of the question.
 */
__noinline int count_beside(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &slot);
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u32 dir;

	if (!row || !side || !p)
		return 0;
	dir = p->dir & 1;
	if (p->tcp_flags & ~row->tcp_flags[dir])
		flow_flags(skb, p, slot);
	__sync_fetch_and_add(&side->packets[dir], p->segs);
	__sync_fetch_and_add(&side->bytes[dir], p->bytes);
	touch(skb, row, slot);
	stat_event(p->link, p->hook, FB_STAT_second_sight, p->segs, p->bytes);
	if (fb_knobs.inspect && p->payload_len && side->packets[dir] > row->packets[dir] &&
	    !(row->inspect & (FB_INSPECT_DONE | FB_INSPECT_END0 << dir)))
		flow_sample(skb, p, slot);
	return 0;
}

/* Where XDP is in front, it has said so of what both can read: TC says it of the rest. */
static __always_inline bool flood_drops(struct __sk_buff *skb, struct fb_pkt *p)
{
	__be32 seq;

	return p->hook == FB_HOOK_INGRESS && p->proto == IPPROTO_TCP && flow_opens(p) &&
	       !p->screened &&
	       !bpf_skb_load_bytes(skb, p->l4 + __builtin_offsetof(struct tcphdr, seq), &seq, 4) &&
	       !flood_admits(p, seq);
}

/* Gives what the program returns. */
static __always_inline int count(struct __sk_buff *skb, struct fb_pkt *p, struct fb_stats *stats)
{
	__u32 dir = p->dir & 1, sight = p->hook + 1, slot;
	struct fb_row *row = flow_find(skb, p, &slot);
	bool tick;
	int act;

	if (fb_knobs.flood_rate && !fb_knobs.replay && flood_drops(skb, p)) {
		stat_count(stats, FB_STAT_flood, p->segs, p->bytes);
		return TC_ACT_SHOT;
	}

	if (row && !fb_knobs.replay && row->inspect & FB_VERDICT_DROP) {
		act = verdict(skb, p, slot);
		if (act != VERDICT_GO)
			return act;
	}
	if (row && p->tcp_flags & TCP_SYN) {
		slot = flow_syn(skb, p, slot);
		row = bpf_map_lookup_elem(&fb_flows, &slot);
	} else if (!row && slot && !fb_knobs.replay) {
		return verdict_shut_out(p, slot);
	}
	if (!row) {
		stat_count(stats, FB_STAT_map_full, p->segs, p->bytes);
		return TC_ACT_UNSPEC;
	}
	if (!fb_knobs.replay && row->inspect & FB_VERDICT_RESET) {
		act = verdict(skb, p, slot);
		if (act != VERDICT_GO)
			return act;
	}
	if (row->sight[dir] != sight) {
		if (row->sight[dir]) {
			count_beside(skb, p, slot);
			return TC_ACT_UNSPEC;
		}
		row->sight[dir] = sight;
		if (fb_knobs.owner)
			owner_find(skb, p, slot);
	}
	if (fb_knobs.inspect && p->payload_len &&
	    !(row->inspect & (FB_INSPECT_DONE | FB_INSPECT_END0 << dir)) &&
	    flow_sample(skb, p, slot) > 0 && !fb_knobs.replay && name_rule(p, slot) > 0) {
		act = verdict(skb, p, slot);
		if (act != VERDICT_GO)
			return act;
	}
	if (p->tcp_flags & ~row->tcp_flags[dir])
		flow_flags(skb, p, slot);
	tick = row_add(skb, row, p, slot);
	if (fb_knobs.quality && p->proto == IPPROTO_TCP)
		quality_follow(skb, p, slot, tick);
	if (!fb_knobs.replay && row->inspect & FB_VERDICT_LIMIT)
		limit(skb, p, slot);
	return TC_ACT_UNSPEC;
}

static __always_inline int observe(struct __sk_buff *skb, enum fb_hook hook)
{
	struct fb_link *link = link_of(skb);
	struct fb_pkt p;
	int cause = FB_STAT_no_link;
	struct fb_stats *stats;
	__u32 l2_len = 0;

	if (link && plain(skb, link, hook))
		return TC_ACT_UNSPEC;
	if (hook == FB_HOOK_EGRESS && skb->tc_index && limit_passed(skb))
		return TC_ACT_UNSPEC;
	asm volatile("" ::: "memory"); /* nothing that plain() read is kept on the small stack */
	p = (struct fb_pkt){.hook = hook};
	if (link) {
		p.link = p.lane = link->link;
		l2_len = link->l2_len;
		if (skb->vlan_present) {
			p.vlan[0] = skb->vlan_tci & VLAN_ID;
			lane_set(&p);
		}
		p.screened = link->xdp;
		cause = 0;
		if (!pkt_near(skb, &p, l2_len)) {
			p.screened = 0;
			cause = pkt_walk(skb, &p, l2_len);
		}
	} else {
		pkt_unparsed(skb, &p, 0);
	}
	stats = stats_of(p.link & (FB_LINK_MAX - 1), hook);
	if (!stats)
		return TC_ACT_UNSPEC;
	stat_count(stats, FB_STAT_seen, p.segs, p.bytes);
	if (!cause)
		return count(skb, &p, stats);
	if ((__u32)cause < FB_STAT_COUNT) /* unsigned: Linux 6.1 follows no other */
		stat_count(stats, cause, p.segs, p.bytes);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int flowbpf_ingress(struct __sk_buff *skb)
{
	return observe(skb, FB_HOOK_INGRESS);
}

SEC("tc")
int flowbpf_egress(struct __sk_buff *skb)
{
	return observe(skb, FB_HOOK_EGRESS);
}

/* Run by the loader, on no packet of any interface: both clocks at one moment. */
SEC("tc")
int flowbpf_clock(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);

	if (state) {
		state->clock_ticks = bpf_jiffies64();
		state->clock_ns = bpf_ktime_get_boot_ns();
	}
	return TC_ACT_UNSPEC;
}

/* Likewise: what fb_batch asks for. */
SEC("tc")
int flowbpf_batch(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct fb_batch *batch = bpf_map_lookup_elem(&fb_batch, &zero);

	if (batch)
		batch_run(batch);
	return TC_ACT_UNSPEC;
}

/* Run by the user half, on a packet that it made for an interface. */
SEC("tc")
int flowbpf_poke(struct __sk_buff *skb)
{
	return poke(skb);
}

/* A filter behind the data path: is the packet to go by the queue of a limit? */
SEC("tc")
int flowbpf_limit(struct __sk_buff *skb)
{
	return limit_asks(skb);
}

/* Replay: what fb_frames has, a frame each run. */
SEC("tc")
int flowbpf_replay(struct __sk_buff *skb)
{
	return fb_knobs.replay && refill(skb) ? observe(skb, FB_HOOK_INGRESS) : TC_ACT_UNSPEC;
}
