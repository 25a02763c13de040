/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who has these sockets now? A walk over the open files of all processes, when the user half asks:
 * a server that hands what it accepted to a child has the child as its owner.
 */
#include "lib/ends.h"
#include "lib/task_stamp.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct fb_owner_knobs owner_knobs = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FB_OWNER_HELD);
	__type(key, struct fb_owner_ends);
	__type(value, struct fb_owner_held);
} fb_owner_held SEC(".maps");

static __always_inline bool is_asked(const struct fb_owner_held *held, const struct sock *sk)
{
	const __u32 netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);

	return held->elsewhere == (netns != owner_knobs.netns) &&
	       held->proto == (__u8)sk->sk_protocol;
}

/* Who began earlier: a child has it from its parent. */
static __always_inline void note(struct fb_owner_held *held, const struct task_struct *task)
{
	const __u64 began = BPF_CORE_READ(task, group_leader, start_boottime);

	if (held->stamp.pid && held->stamp.started_ns <= began)
		return;
	held->stamp.pid = BPF_CORE_READ(task, tgid);
	held->stamp.uid = BPF_CORE_READ(task, cred, uid.val);
	held->stamp.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	held->stamp.made_ns = bpf_ktime_get_boot_ns();
	held->stamp.by = FB_OWNER_HOLDER;
	stamp_of_task(&held->stamp, task);
}

SEC("iter/task_file")
int owner_held(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct fb_owner_ends ends = {};
	struct fb_owner_held *held;
	const struct socket *socket;
	const struct sock *sk;
	__u16 family;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	family = sk ? sk->__sk_common.skc_family : 0;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	ends_of(sk, &ends);
	held = bpf_map_lookup_elem(&fb_owner_held, &ends);
	if (held && is_asked(held, sk))
		note(held, task);
	return 0;
}
