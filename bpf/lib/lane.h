/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The number of an interface and the VLANs that a packet is tagged with there: looked up for tagged
 * packets only. An interface has a share of the numbers, so that one that is sent junk tags leaves
 * the others theirs.
 */
#pragma once

#include "lib/maps.h"
#include "lib/pkt.h"
#include "lib/stat.h"

/* An interface that the loader did not register is link 0: its packets are seen, and no more. */
static __always_inline struct fb_link *link_at(__u32 ifindex)
{
	__u32 i = ifindex & (FB_LINK_ENTRIES - 1);
	struct fb_link *link = bpf_map_lookup_elem(&fb_links, &i);

	return link && link->ifindex == ifindex ? link : NULL;
}

static __always_inline struct fb_link *link_of(struct __sk_buff *skb)
{
	return link_at(skb->ifindex);
}

static __always_inline __u32 lane_take(const struct fb_lane_key *key)
{
	__u32 zero = 0, link = key->link, number;
	struct fb_lane *own = bpf_map_lookup_elem(&fb_lanes, &link), *lane;
	struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);

	if (!own || !state || *(volatile __u64 *)&own->taken >= FB_LANE_SHARE ||
	    *(volatile __u64 *)&state->lanes >= FB_LANE_MAX - FB_LINK_MAX)
		return 0;
	__sync_fetch_and_add(&own->taken, 1);
	number = FB_LINK_MAX + __sync_fetch_and_add(&state->lanes, 1);
	lane = bpf_map_lookup_elem(&fb_lanes, &number);
	if (!lane)
		return 0;
	lane->vlan[0] = key->vlan[0];
	lane->vlan[1] = key->vlan[1];
	lane->link = key->link;
	return number;
}

/* The lane of a packet with these tags; that of the untagged interface when no number is left. */
__noinline int lane_of(__u32 link, __u32 outer, __u32 inner)
{
	struct fb_lane_key key = {.link = link, .vlan = {outer, inner}};
	__u32 *known, number;

	known = bpf_map_lookup_elem(&fb_lane_numbers, &key);
	if (known)
		return *known;
	number = lane_take(&key);
	if (number && !bpf_map_update_elem(&fb_lane_numbers, &key, &number, BPF_NOEXIST))
		return number;
	/* Another CPU was first, and this number stays unused; or there is none. */
	known = number ? bpf_map_lookup_elem(&fb_lane_numbers, &key) : NULL;
	return known ? *known : link;
}

/* A tag that was met; id 0 is a priority, no VLAN. */
static __always_inline void vlan_add(struct fb_pkt *p, __u16 id)
{
	if (!p->vlan[1])
		p->vlan[!!p->vlan[0]] = id;
}

/* The interface of a lane. */
static __always_inline __u32 lane_link(__u32 number)
{
	struct fb_lane *lane =
		number < FB_LINK_MAX ? NULL : bpf_map_lookup_elem(&fb_lanes, &number);

	return lane ? lane->link : number;
}

static __always_inline __u64 lane_tags(__u32 link, __u32 outer, __u32 inner)
{
	return link | (__u64)outer << 16 | (__u64)inner << 32;
}

static __always_inline __u32 *lane_hint(__u64 tags)
{
	__u32 i = (__u32)(tags * 0x9e3779b97f4a7c15ull >> 40) & (FB_LANE_HINTS - 1);

	return bpf_map_lookup_elem(&fb_lane_hints, &i);
}

/*
 * A number by the cache, without a call: it is believed if its entry says these tags. Numbers are
 * never taken back, but a cache may have another's, or none: 0.
 */
static __always_inline __u32 lane_known(const __u32 *hint, __u64 tags)
{
	__u32 number = hint ? *hint : 0;
	__u64 *lane = bpf_map_lookup_elem(&fb_lanes, &number);

	return lane && number >= FB_LINK_MAX && *lane == tags ? number : 0;
}

static __always_inline __u32 lane_cached(__u32 link, __u32 outer, __u32 inner)
{
	__u64 tags = lane_tags(link, outer, inner);
	__u32 *hint = lane_hint(tags), number = lane_known(hint, tags);

	if (number)
		return number;
	number = lane_of(link, outer, inner);
	if (hint)
		*hint = number;
	return number;
}

/* Give the packet its lane, by the tags that were met. */
static __always_inline void lane_set(struct fb_pkt *p)
{
	p->lane = p->vlan[0] ? lane_cached(p->link, p->vlan[0], p->vlan[1]) : p->link;
	if (p->lane == p->link && p->vlan[0])
		stat_event(p->link, p->hook, FB_STAT_vlans_full, 1, 0);
}
