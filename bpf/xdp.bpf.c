/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * XDP, where it is asked for: what rules shut out, and SYNs of floods, are dropped before there is
 * an skb. It counts no flow, and passes what it is not sure of to the data path at TC, by whose
 * maps it works: there a packet that was dropped here is not seen. What it drops counts as seen,
 * and as `blocked_xdp`.
 */
#include "vmlinux.h"

#include "lib/flood.h"
#include "lib/frame.h"
#include "lib/index.h"
#include "lib/lane.h"
#include "lib/rules.h"
#include "lib/stat.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The number of its VLANs, if a packet of them was seen at TC; else no row has them. */
static __always_inline __u32 lane_seen(const struct fb_pkt *p)
{
	const struct fb_lane_key key = {.link = p->link, .vlan = {p->vlan[0], p->vlan[1]}};
	const __u32 *number = p->vlan[0] ? bpf_map_lookup_elem(&fb_lane_numbers, &key) : NULL;

	return number ? *number : p->vlan[0] ? 0 : p->link;
}

static __always_inline void frame_lane(struct fb_frame *f)
{
	struct fb_pkt *p = &f->pkt;

	p->vlan[0] =
		f->near.vlan[0] ? f->near.vlan[0] : f->near.vlan[1]; /* or a priority, no VLAN */
	p->vlan[1] = f->near.vlan[0] ? f->near.vlan[1] : 0;
	p->lane = lane_seen(p);
	if (p->family == FB_IPV4)
		p->key4.lane = p->lane;
	else
		p->key.lane = p->lane;
}

/*
 * It has a row that no verdict stops, because what it is was spared, or that is to be reset: TC
 * does that. So has the first fragment of this one, if it went on to there.
 */
static __always_inline bool is_spared(struct fb_frame *f)
{
	const struct fb_row *row;
	__s64 found;
	__u32 slot;

	frame_lane(f);
	if (f->is_later) {
		struct fb_frag_key key = f->later;

		key.proto = f->pkt.proto;
		key.family = f->pkt.family;
		key.lane = f->pkt.lane;
		return bpf_map_lookup_elem(&fb_frags, &key);
	}
	found = index_find(&f->pkt);
	if (found < 0)
		return false;
	slot = found;
	row = bpf_map_lookup_elem(&fb_flows, &slot);
	return row && (row->inspect & FB_VERDICT_ANY) != FB_VERDICT_DROP;
}

static __always_inline void count_rule(__u32 number, const struct fb_pkt *p)
{
	struct fb_xdp_count *count = bpf_map_lookup_elem(&fb_xdp_rules, &number);

	if (!count)
		return;
	count->packets += p->segs;
	count->bytes += p->bytes;
	count->last = bpf_jiffies64();
	if (!count->first)
		count->first = count->last;
}

static __always_inline int drop(const struct fb_pkt *p, enum fb_stat cause)
{
	struct fb_stats *stats = stats_of(p->link & (FB_LINK_MAX - 1), FB_HOOK_INGRESS);

	if (!stats)
		return XDP_PASS;
	stat_count(stats, FB_STAT_seen, p->segs, p->bytes);
	stat_count(stats, cause, p->segs, p->bytes);
	return XDP_DROP;
}

static __always_inline bool any_rule(void)
{
	__u32 zero = 0;
	const struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);

	return state && state->nets && !state->no_verdicts;
}

static __always_inline bool flood_drops(struct fb_frame *f)
{
	struct fb_pkt *p = &f->pkt;

	return p->proto == IPPROTO_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       !f->is_later && !flood_admits(p, f->seq);
}

SEC("xdp.frags")
int flowbpf_xdp(struct xdp_md *ctx)
{
	const struct fb_link *link =
		fb_knobs.flood_rate || any_rule() ? link_at(ctx->ingress_ifindex) : NULL;
	struct fb_frame f = {};
	int number;

	if (!link)
		return XDP_PASS;
	f.pkt.link = f.pkt.lane = link->link;
	if (!frame_read(ctx, &f))
		return XDP_PASS;
	number = rule_find(&f.pkt, 0);
	if (number > 0 && !(number & RULE_LIMITS) && !is_spared(&f)) {
		count_rule(number, &f.pkt);
		return drop(&f.pkt, FB_STAT_blocked_xdp);
	}
	return fb_knobs.flood_rate && flood_drops(&f) ? drop(&f.pkt, FB_STAT_flood_xdp) : XDP_PASS;
}
