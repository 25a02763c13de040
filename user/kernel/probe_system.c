/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of the system around: kernel, sysctls, file systems, conntrack. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/magic.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/conntrack.h"
#include "kernel/ctask.h"
#include "kernel/probe_priv.h"
#include "util/cleanup.h"
#include "util/users.h"

void fb_check_kernel(struct fb_probe *probe, const char *ifname)
{
	struct utsname name;

	(void)ifname;
	uname(&name);
	snprintf(probe->value, sizeof(probe->value), "%.60s %.30s", name.release, name.machine);
	fb_probe_set(probe, FB_PROBE_INFO, NULL, "what counts is what the lines below say", "");
}

void fb_check_user(struct fb_probe *probe, const char *ifname)
{
	uid_t uid;
	gid_t gid;

	(void)ifname;
	if (fb_users_own(&uid, &gid))
		fb_probe_set(probe, FB_PROBE_OK, "flowbpf", "the daemon runs as a user of its own",
			     "");
	else
		fb_probe_set(probe, FB_PROBE_WARN, "nobody",
			     "the daemon shares its user with other services, which could stop it",
			     "useradd --system --user-group --no-create-home "
			     "--shell /usr/sbin/nologin flowbpf");
}

void fb_check_btf(struct fb_probe *probe, const char *ifname)
{
	(void)ifname;
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		fb_probe_set(probe, FB_PROBE_OK, "/sys/kernel/btf/vmlinux",
			     "there, though counting and naming do not need it", "");
	else
		fb_probe_set(probe, FB_PROBE_INFO, "absent", "counting and naming work without it",
			     "");
}

void fb_check_bpffs(struct fb_probe *probe, const char *ifname)
{
	struct statfs fs;

	(void)ifname;
	if (statfs("/sys/fs/bpf", &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC)
		fb_probe_set(probe, FB_PROBE_OK, "/sys/fs/bpf", "--pin can be used", "");
	else
		fb_probe_set(probe, FB_PROBE_INFO, "not mounted", "only --pin needs it",
			     "mount -t bpf bpf /sys/fs/bpf");
}

void fb_check_memlock(struct fb_probe *probe, const char *ifname)
{
	struct rlimit limit;

	(void)ifname;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		snprintf(probe->value, sizeof(probe->value), "unlimited");
	else
		snprintf(probe->value, sizeof(probe->value), "%llu kB",
			 (unsigned long long)limit.rlim_cur / 1024);
	fb_probe_set(probe, FB_PROBE_INFO, NULL,
		     "kernels before 5.11 charge maps to it; it is raised there by itself", "");
}

static void explain_conntrack(struct fb_probe *probe, int r)
{
	if (r == -EPERM)
		fb_probe_set(probe, FB_PROBE_WARN, "not permitted",
			     "state, NAT and marks need CAP_NET_ADMIN", "sudo flowbpf doctor");
	else
		fb_probe_set(probe, FB_PROBE_WARN, "absent",
			     "no states, NAT addresses and marks: everything else works",
			     "modprobe nf_conntrack_netlink");
}

void fb_check_conntrack(struct fb_probe *probe, const char *ifname)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int r = nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 ? fb_ct_ask_probe(nl)
								      : -errno;
	uint32_t count = 0, max = 0;

	(void)ifname;
	if (nl)
		mnl_socket_close(nl);
	if (r < 0 || fb_conntrack_count(&count, &max) < 0) {
		explain_conntrack(probe, r);
		return;
	}
	snprintf(probe->value, sizeof(probe->value), "%u of %u entries", count, max);
	if (count == 0)
		fb_probe_set(probe, FB_PROBE_WARN, NULL,
			     "nothing is tracked in this network namespace: no firewall rule asks "
			     "for it",
			     "nft 'table inet track { chain c { type filter hook input priority 0; "
			     "ct state established accept; }; }'");
	else if (count >= max / 10 * 9)
		fb_probe_set(probe, FB_PROBE_WARN, NULL,
			     "the table is almost full: new connections will be dropped",
			     "sysctl -w net.netfilter.nf_conntrack_max=1048576");
	else
		fb_probe_set(probe, FB_PROBE_OK, NULL, "states, NAT addresses and marks are shown",
			     "");
}

/* What each value of a sysctl means, and the command to change it. */
static const struct meaning {
	const char *name; /* of the probe */
	const char *path;
	char value; /* the first character; 0: any other, or absent */
	enum fb_probe_state state;
	const char *sentence, *fix;
} meanings[] = {
	{"BPF JIT", "net/core/bpf_jit_enable", '0', FB_PROBE_WARN,
	 "programs are interpreted: every packet costs more",
	 "sysctl -w net.core.bpf_jit_enable=1"},
	{"BPF JIT", "net/core/bpf_jit_enable", 0, FB_PROBE_OK, "programs are compiled", ""},
	{"unprivileged BPF", "kernel/unprivileged_bpf_disabled", '0', FB_PROBE_WARN,
	 "any user may load BPF programs; flowbpf does not need that",
	 "sysctl -w kernel.unprivileged_bpf_disabled=2"},
	{"unprivileged BPF", "kernel/unprivileged_bpf_disabled", 0, FB_PROBE_OK,
	 "only who has CAP_BPF loads programs", ""},
	{"BPF statistics", "kernel/bpf_stats_enabled", '1', FB_PROBE_INFO,
	 "status shows ns per packet; measuring costs some 20 ns of it",
	 "sysctl -w kernel.bpf_stats_enabled=0"},
	{"BPF statistics", "kernel/bpf_stats_enabled", 0, FB_PROBE_INFO,
	 "off: status cannot show ns per packet", "sysctl -w kernel.bpf_stats_enabled=1"},
	{"conntrack events", "net/netfilter/nf_conntrack_events", '1', FB_PROBE_OK,
	 "each change is told at once", ""},
	{"conntrack events", "net/netfilter/nf_conntrack_events", '2', FB_PROBE_OK,
	 "each change is told at once; entries older than flowbpf are looked at twice a minute",
	 ""},
	{"conntrack events", "net/netfilter/nf_conntrack_events", 0, FB_PROBE_WARN,
	 "the kernel tells of no changes: the table is read twice a minute",
	 "sysctl -w net.netfilter.nf_conntrack_events=1"},
	{"conntrack times", "net/netfilter/nf_conntrack_timestamp", '1', FB_PROBE_OK,
	 "connections show when they began, also those older than flowbpf", ""},
	{"conntrack times", "net/netfilter/nf_conntrack_timestamp", 0, FB_PROBE_INFO,
	 "connections older than flowbpf show no start",
	 "sysctl -w net.netfilter.nf_conntrack_timestamp=1"},
	{"conntrack counters", "net/netfilter/nf_conntrack_acct", 0, FB_PROBE_INFO,
	 "not needed: flowbpf counts by itself", ""},
};

void fb_check_sysctl(struct fb_probe *probe, const char *ifname)
{
	_cleanup_fclose_ FILE *file = NULL;
	const struct meaning *at = meanings;
	char path[128];
	int value;

	(void)ifname;
	while (strcmp(at->name, probe->name) != 0)
		at++;
	snprintf(path, sizeof(path), "/proc/sys/%s", at->path);
	file = fopen(path, "re");
	value = file ? fgetc(file) : EOF;
	while (at->value && at->value != value)
		at++;
	if (value == EOF)
		snprintf(probe->value, sizeof(probe->value), "absent");
	else
		snprintf(probe->value, sizeof(probe->value), "%c", value);
	fb_probe_set(probe, value == EOF ? FB_PROBE_INFO : at->state, NULL,
		     value == EOF ? "this kernel or namespace does not have it" : at->sentence,
		     value == EOF ? "" : at->fix);
}
