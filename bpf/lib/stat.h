/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Self counters. Plain adds: they are per CPU, and programs of one CPU do not interrupt each other.
 */
#pragma once

#include "lib/maps.h"

static __always_inline struct fb_stats *stats_of(__u32 link, __u32 hook)
{
	__u32 i = link * 2 + hook;

	return bpf_map_lookup_elem(&fb_stats, &i);
}

static __always_inline void stat_count(struct fb_stats *stats, enum fb_stat which, __u64 packets,
				       __u64 bytes)
{
	stats->packets[which] += packets;
	stats->bytes[which] += bytes;
}

/* Where the counters are not at hand: rare events. */
static __always_inline void stat_event(__u32 link, __u32 hook, enum fb_stat which, __u64 packets,
				       __u64 bytes)
{
	struct fb_stats *stats = stats_of(link, hook);

	if (stats)
		stat_count(stats, which, packets, bytes);
}
