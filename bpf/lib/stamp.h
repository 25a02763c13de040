/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stamps each new socket of the machine with who makes it, in the process that does: at the root
 * of the cgroups (v2). Who opens a connection by a socket that another process made is its owner
 * from then on. What is told of the task, STAMP_TASK, is
 * told by the kernel's types or without.
 */
#pragma once

#include "vmlinux.h"

#include "lib/exes.h"
#include "lib/owner_sk.h"

/* Without a type of the kernel: what helpers tell. */
static __always_inline void stamp_plain(struct fb_stamp *stamp)
{
	stamp->started_ns = stamp->exe = stamp->parent = 0;
	bpf_get_current_comm(stamp->comm, sizeof(stamp->comm));
}

#ifndef STAMP_TASK
#define STAMP_TASK stamp_plain
#endif

/* What else is to be noted of a socket that is connected. */
#ifndef STAMP_CONNECTS
#define STAMP_CONNECTS(ctx, ipv6)
#endif

static __always_inline void stamp_write(struct fb_stamp *stamp, enum fb_owner_by by)
{
	stamp->pid = bpf_get_current_pid_tgid() >> 32;
	stamp->uid = bpf_get_current_uid_gid();
	stamp->cgroup = bpf_get_current_cgroup_id();
	stamp->made_ns = bpf_ktime_get_boot_ns();
	STAMP_TASK(stamp);
	stamp->by = by;
}

static __always_inline int stamp_made(struct bpf_sock *sk)
{
	struct fb_stamp *stamp =
		bpf_sk_storage_get(&fb_owner_sk, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (stamp)
		stamp_write(stamp, FB_OWNER_SOCKET);
	return 1;
}

static __always_inline int stamp_connects(struct bpf_sock_addr *ctx, bool ipv6)
{
	struct bpf_sock *sk = (struct bpf_sock *)(long)ctx->sk;
	struct fb_stamp *stamp;

	STAMP_CONNECTS(ctx, ipv6);
	if (!sk)
		return 1;
	stamp = bpf_sk_storage_get(&fb_owner_sk, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!stamp)
		return 1;
	if (stamp->pid != bpf_get_current_pid_tgid() >> 32)
		stamp_write(stamp, FB_OWNER_CONNECT);
	stamp->by = FB_OWNER_CONNECT;
	return 1;
}

/* They always allow what is asked for. */
#define STAMP_PROGRAMS                                                                             \
	SEC("cgroup/sock_create")                                                                  \
	int owner_create(struct bpf_sock *sk)                                                      \
	{                                                                                          \
		return stamp_made(sk);                                                             \
	}                                                                                          \
	SEC("cgroup/connect4")                                                                     \
	int owner_connect4(struct bpf_sock_addr *ctx)                                              \
	{                                                                                          \
		return stamp_connects(ctx, false);                                                 \
	}                                                                                          \
	SEC("cgroup/connect6")                                                                     \
	int owner_connect6(struct bpf_sock_addr *ctx)                                              \
	{                                                                                          \
		return stamp_connects(ctx, true);                                                  \
	}
