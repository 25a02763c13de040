/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's own types tell of a process: its start, its parent, its name, its file. */
#pragma once

#include "lib/exes.h"
#include "lib/task.h"

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

static __always_inline void stamp_of_task(struct fb_stamp *stamp, const struct task_struct *task)
{
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
