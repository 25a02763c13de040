/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The same by the kernel's own types (BTF): also of a process that is gone before anybody can ask
 * /proc. The name is that of the process and not of its thread.
 */
#include "lib/ends.h"
#include "lib/task_stamp.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void stamp_by_types(struct fb_stamp *stamp)
{
	stamp_of_task(stamp, (void *)bpf_get_current_task());
}

#define STAMP_TASK stamp_by_types
#include "lib/stamp.h"

STAMP_PROGRAMS

/* Sockets of this network namespace are found by the data path: the loader's, by its number. */
const volatile __u32 owner_netns = 0;

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

/* It is open, or was refused: its ports are known, and its packets have passed. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(owner_state, const struct sock *sk, int before, int now)
{
	const struct fb_stamp *stamp;
	struct fb_owner_ends ends = {};
	struct fb_owner_end end;
	__u64 *opened;
	__u32 hash;

	if (now != TCP_ESTABLISHED && !(before == TCP_SYN_SENT && now == TCP_CLOSE))
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == owner_netns)
		return 0;
	stamp = bpf_sk_storage_get(&fb_owner_sk, (void *)sk, NULL, 0);
	if (!stamp)
		return 0;
	end.stamp = *stamp;
	end.open_ns = bpf_ktime_get_boot_ns();
	ends_of(sk, &ends);
	hash = fb_owner_ends_hash(&ends);
	opened = bpf_map_lookup_elem(&fb_owner_opened, &hash);
	if (opened)
		*opened = end.open_ns;
	bpf_map_update_elem(&fb_owner_ends, &ends, &end, BPF_ANY);
	return 0;
}
