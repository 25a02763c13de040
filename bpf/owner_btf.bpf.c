/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The same by the kernel's own types (BTF): also of a process that is gone before anybody can ask
 * /proc. The name is that of the process and not of its thread.
 */
#include "lib/exes.h"
#include "lib/task.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The path of the file it runs, upwards: what does not fit is not told. */
struct fb_exe_room {
	struct fb_exe exe;
	char more[FB_EXE_PATH]; /* a name may begin at the last byte of `path` */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fb_exe_room);
} fb_exe_room SEC(".maps");

#define EXE_STEPS 24 /* folders and mounts */

/* Through the mounts up to the root that the process sees. */
static __always_inline void exe_walk(struct fb_exe *exe, struct file *file)
{
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct dentry *at = BPF_CORE_READ(file, f_path.dentry);
	struct mount *mount, *up;
	__u32 len = 0;
	long n;

	exe->len = 0;
	for (int i = 0; i < EXE_STEPS; i++) {
		struct dentry *parent = BPF_CORE_READ(at, d_parent);

		if (at == BPF_CORE_READ(mnt, mnt_root) || at == parent) {
			mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
			up = BPF_CORE_READ(mount, mnt_parent);
			if (up == mount) {
				exe->len = len;
				return;
			}
			at = BPF_CORE_READ(mount, mnt_mountpoint);
			mnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		if (len >= FB_EXE_PATH)
			return;
		n = bpf_probe_read_kernel_str(exe->path + len, FB_EXE_PATH,
					      BPF_CORE_READ(at, d_name.name));
		if (n <= 0 || n > FB_EXE_PATH)
			return;
		len += n;
		at = parent;
	}
}

static __always_inline void exe_remember(const struct fb_stamp *stamp, struct file *file)
{
	struct fb_exe_key key = {
		.started_ns = stamp->started_ns,
		.exe = stamp->exe,
		.pid = stamp->pid,
	};
	struct fb_exe_room *room;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&fb_exes, &key))
		return;
	room = bpf_map_lookup_elem(&fb_exe_room, &zero);
	if (!room)
		return;
	exe_walk(&room->exe, file);
	room->exe.upwards = 1;
	if (room->exe.len && room->exe.len <= FB_EXE_PATH)
		bpf_map_update_elem(&fb_exes, &key, &room->exe, BPF_ANY);
}

static __always_inline void stamp_by_types(struct fb_stamp *stamp)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct file *file = BPF_CORE_READ(leader, mm, exe_file);

	stamp->started_ns = BPF_CORE_READ(leader, start_boottime);
	stamp->parent = BPF_CORE_READ(leader, real_parent, tgid);
	bpf_probe_read_kernel_str(stamp->comm, sizeof(stamp->comm), &leader->comm);
	stamp->exe = 0;
	if (!file)
		return;
	stamp->exe = (__u64)(long)file ^ BPF_CORE_READ(file, f_inode, i_ino) << 48;
	exe_remember(stamp, file);
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

static __always_inline void ends_of(const struct sock *sk, struct fb_owner_ends *ends)
{
	const struct sock_common *common = &sk->__sk_common;

	if (common->skc_family == AF_INET6) {
		BPF_CORE_READ_INTO(&ends->addr[0], common, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&ends->addr[1], common, skc_v6_daddr);
	} else {
		ends->addr[0][10] = ends->addr[0][11] = 0xff;
		ends->addr[1][10] = ends->addr[1][11] = 0xff;
		*(__be32 *)&ends->addr[0][12] = common->skc_rcv_saddr;
		*(__be32 *)&ends->addr[1][12] = common->skc_daddr;
	}
	ends->port[0] = common->skc_num;
	ends->port[1] = bpf_ntohs(common->skc_dport);
}

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
