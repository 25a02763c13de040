/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets of other network namespaces of this machine, by their ends: those of containers. */
#pragma once

#include "lib/ends.h"

/* Sockets of this network namespace are found by the data path. */
const volatile struct fb_owner_knobs owner_knobs = {};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FB_OWNER_ENDS);
	__type(key, struct fb_owner_ends);
	__type(value, struct fb_owner_end);
} fb_owner_ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FB_OWNER_OPENED);
	__type(key, __u32);
	__type(value, __u64);
} fb_owner_opened SEC(".maps");

static __always_inline void note_opened(const struct fb_owner_ends *ends, __u64 now)
{
	__u32 hash = fb_owner_ends_hash(ends);
	__u64 *opened = bpf_map_lookup_elem(&fb_owner_opened, &hash);

	if (opened)
		*opened = now;
}

static __always_inline void note_ends(const struct sock *sk, const struct fb_stamp *stamp)
{
	struct fb_owner_ends ends = {};
	struct fb_owner_end end;

	end.stamp = *stamp;
	end.open_ns = bpf_ktime_get_boot_ns();
	ends_of(sk, &ends);
	note_opened(&ends, end.open_ns);
	bpf_map_update_elem(&fb_owner_ends, &ends, &end, BPF_ANY);
}
