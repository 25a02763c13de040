/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of what tells the processes of flows. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/cgroups.h"
#include "kernel/probe_priv.h"
#include "kernel/sockstamp.h"
#include "util/cleanup.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* A program that lets every socket be made, attached at the root and taken off again. */
static int try_hook(int cgroup)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE);
	_cleanup_close_ int prog = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK, "flowbpf_probe",
						 "Dual BSD/GPL", insns, 2, &opts);
	_cleanup_close_ int link =
		prog < 0 ? -1 : bpf_link_create(prog, cgroup, BPF_CGROUP_INET_SOCK_CREATE, NULL);

	return prog < 0 || link < 0 ? -errno : 0;
}

void fb_check_owner(struct fb_probe *probe, const char *ifname)
{
	struct fb_cgroups cgroups;
	int r = fb_cgroups_open(&cgroups);

	(void)ifname;
	if (r < 0)
		fb_probe_set(probe, FB_PROBE_WARN, "no cgroup2 is mounted",
			     "flows have no processes, users, units and containers",
			     "mount -t cgroup2 none /sys/fs/cgroup");
	else if ((r = try_hook(cgroups.root)) < 0)
		fb_probe_set(probe, FB_PROBE_WARN, strerror(-r),
			     "no programs at the root of the cgroups: flows have no processes, "
			     "users, units and containers",
			     r == -EPERM ? "sudo flowbpf doctor" : "");
	else if (fb_sockstamp_has_types())
		fb_probe_set(probe, FB_PROBE_OK, "stamps on sockets",
			     "each new socket knows its process, gone or not", "");
	else
		fb_probe_set(
			probe, FB_PROBE_INFO, "stamps on sockets, without the kernel's types",
			"names are those of threads, later programs show no executable, "
			"flows of containers no process, children of servers are their parents",
			"");
	fb_cgroups_close(&cgroups);
}

void fb_check_older(struct fb_probe *probe, const char *ifname)
{
	(void)ifname;
	if (syscall(SYS_pidfd_getfd, -1, 0, 0) < 0 && errno == ENOSYS)
		fb_probe_set(probe, FB_PROBE_INFO, "absent",
			     "sockets that are older than flowbpf have no process: it takes "
			     "Linux 5.6",
			     "");
	else
		fb_probe_set(probe, FB_PROBE_OK, "pidfd_getfd",
			     "sockets that are older than flowbpf have their process, too", "");
}
