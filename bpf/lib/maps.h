/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map of the kernel half. The loader sets the sizes that depend on its options
 * (fb_index4, fb_index6, fb_flows, fb_sides, fb_quality, fb_free, fb_names, fb_owners: max_flows
 * entries, fb_moved: a bit for each; fb_ring: bytes). fb_names and fb_owners are not preallocated:
 * 360 and 140 bytes an entry that most flows never use.
 */
#pragma once

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <flowbpf/batch.h>
#include <flowbpf/event.h>
#include <flowbpf/key.h>
#include <flowbpf/knobs.h>
#include <flowbpf/flood.h>
#include <flowbpf/lane.h>
#include <flowbpf/limits.h>
#include <flowbpf/link.h>
#include <flowbpf/match.h>
#include <flowbpf/name.h>
#include <flowbpf/owner.h>
#include <flowbpf/quality.h>
#include <flowbpf/row.h>
#include <flowbpf/side.h>
#include <flowbpf/stats.h>
#include <flowbpf/verdict.h>

#include "lib/owner_sk.h"
#include "lib/sni.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, struct fb_key4);
	__type(value, __u32);
} fb_index4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, struct fb_key);
	__type(value, __u32);
} fb_index6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, __u32);
	__type(value, struct fb_row);
} fb_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, __u32);
	__type(value, struct fb_side);
} fb_sides SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, __u32);
	__type(value, struct fb_quality);
} fb_quality SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_MOVED_WORDS(FB_MAX_FLOWS_DEFAULT));
	__type(key, __u32);
	__type(value, __u64);
} fb_moved SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__uint(key_size, 0);
	__type(value, __u32);
} fb_free SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, struct fb_key);
	__type(value, struct fb_name);
} fb_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_MAX_FLOWS_DEFAULT);
	__type(key, __u32);
	__type(value, struct fb_stamped);
} fb_owners SEC(".maps");

/* See lib/hint.h; the loader sets the size, knobs.hint_sets. */
struct fb_hints {
	__u32 way[FB_HINT_WAYS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* at the start of a page: sets are cache lines */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_hints);
} fb_hints SEC(".maps");

/* A fragmented datagram, as its sender identifies it. */
struct fb_frag_key {
	__u8 addr[2][16]; /* source, destination; IPv4 as ::ffff:a.b.c.d */
	__be32 id;
	__u8 proto; /* as in the IPv4 header, or in the IPv6 fragment header */
	__u8 family;
	__u16 lane;
} __attribute__((aligned(8))); /* compared in words */

struct fb_frag {
	__u16 port[2]; /* source, destination; host order */
	__u8 proto;
	__u8 opened; /* it carries a tunnel's packet, whose flow the rest of this speaks of */
	__u8 family;
	__u8 dir;
	__u32 len; /* of the packet in the tunnel */
	union {
		struct fb_key4 key4;
		struct fb_key key;
	};
};

/* Bounded by eviction: a later fragment whose entry is gone counts as `fragment`. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct fb_frag_key);
	__type(value, struct fb_frag);
} fb_frags SEC(".maps");

/* The datagram whose fragment came last, for the tick that it came in; see frag_ports. */
struct fb_frag_recent {
	struct fb_frag_key key;
	__u64 tick;
	__u16 port[2];
	__u8 proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_frag_recent);
} fb_frag_recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FB_LINK_ENTRIES);
	__type(key, __u32);
	__type(value, struct fb_link);
} fb_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_LANE_MAX);
	__type(key, __u32);
	__type(value, struct fb_lane);
} fb_lanes SEC(".maps");

struct fb_lane_key {
	__u16 link;
	__u16 vlan[2]; /* outer, inner */
};

/* Not preallocated: most hosts have no VLANs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_LANE_MAX);
	__type(key, struct fb_lane_key);
	__type(value, __u32);
} fb_lane_numbers SEC(".maps");

/* Numbers by a hash of that key; see lane_cached. */
#define FB_LANE_HINTS 4096

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FB_LANE_HINTS);
	__type(key, __u32);
	__type(value, __u32);
} fb_lane_hints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FB_LINK_MAX * 2);
	__type(key, __u32);
	__type(value, struct fb_stats);
} fb_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FB_RING_BYTES_DEFAULT);
} fb_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_state);
} fb_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_RULES_MAX);
	__type(key, __u32);
	__type(value, struct fb_rule_entry);
} fb_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_NETS_MAX);
	__type(key, struct fb_net_key);
	__type(value, __u32);
} fb_nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FB_RULES_MAX);
	__type(key, __u32);
	__type(value, struct fb_xdp_count);
} fb_xdp_rules SEC(".maps");

/* Where floods are looked at the loader makes these as long as flowbpf/flood.h says. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_flood_end);
} fb_flood_ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_flood_syns);
} fb_flood_syns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct fb_flood_source);
	__type(value, struct fb_flood_known);
} fb_flood_known SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_TUPLES_MAX);
	__type(key, struct fb_tuple_key);
	__type(value, __u32);
} fb_tuples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FB_RULE_NAMES_MAX);
	__type(key, __u64);
	__type(value, struct fb_rule_name);
} fb_rule_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_batch);
} fb_batch SEC(".maps");

/* The loader makes it FB_FRAMES long for replay. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_frame_slot);
} fb_frames SEC(".maps");

/* On the way through a name from its end; see lib/namerule.h. */
struct fb_name_look {
	__u64 hash, now;
	__u32 found;  /* rule; 0: none */
	__u32 spared; /* an exception is about it */
};

/* What does not fit the stack, one per CPU: programs of one CPU do not interrupt each other. */
struct fb_scratch {
	struct fb_event event;
	__u8 payload[FB_SAMPLE_MAX];
	struct fb_name name;
	struct fb_sni sni;
	struct fb_name_look look;
	struct fb_stamped owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_scratch);
} fb_scratch SEC(".maps");
