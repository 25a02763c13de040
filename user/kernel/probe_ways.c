/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to run it, what each lacks, and the command for it: as root, by capabilities of its
 * file, as a service, in a container. What each capability is for is measured by
 * tests/package/setcap.sh.
 */
#include <endian.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kernel/privs.h"
#include "kernel/probe_priv.h"
#include "util/cleanup.h"

#define CONFIG	    "/etc/flowbpf/flowbpf.conf"
#define PID_NS_INIT 0xEFFFFFFCu /* the first namespace of processes, always */

/* Without the first three nothing is attached; the others read whose older sockets of others are.
 */
static const struct {
	unsigned int cap;
	const char *name;
} wanted[] = {
	{CAP_BPF, "BPF"},
	{CAP_NET_ADMIN, "NET_ADMIN"},
	{CAP_PERFMON, "PERFMON"},
	{CAP_SYS_PTRACE, "SYS_PTRACE"},
	{CAP_DAC_READ_SEARCH, "DAC_READ_SEARCH"},
};
#define NEEDED 3
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* "BPF, PERFMON" of the first `n` that are not in `caps`; false: it lacks none. */
static bool list_lacks(uint64_t caps, size_t n, char text[static 64])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && len < 64; i++)
		if (!(caps >> wanted[i].cap & 1))
			len += (size_t)snprintf(text + len, 64 - len, "%s%s", len ? ", " : "",
						wanted[i].name);
	return len > 0;
}

void fb_check_root(struct fb_probe *probe, const char *ifname)
{
	uint64_t caps = 0;
	char lacks[64];

	(void)ifname;
	fb_privs_caps(&caps);
	if (geteuid() != 0) {
		fb_probe_set(probe, FB_PROBE_INFO, "not now",
			     "lacks nothing; root is given up once it is attached",
			     "sudo flowbpf attach IFACE");
	} else if (list_lacks(caps, WANTED, lacks)) {
		snprintf(probe->value, sizeof(probe->value), "without %s", lacks);
		fb_probe_set(
			probe, FB_PROBE_INFO, NULL,
			"a root that was cut down: without the first three nothing is attached, "
			"without the others sockets of others that are older than flowbpf have "
			"no process",
			"");
	} else {
		fb_probe_set(probe, FB_PROBE_OK, "now", "lacks nothing", "");
	}
}

/* The capabilities that the file gives to whoever runs it. */
static uint64_t caps_of_file(const char *path)
{
	struct vfs_ns_cap_data data = {0};
	const ssize_t n = getxattr(path, "security.capability", &data, sizeof(data));

	if (n < (ssize_t)XATTR_CAPS_SZ_2 || !(le32toh(data.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE))
		return 0;
	return le32toh(data.data[0].permitted) | (uint64_t)le32toh(data.data[1].permitted) << 32;
}

void fb_check_setcap(struct fb_probe *probe, const char *ifname)
{
	char path[96] = "", lacks[64], fix[160];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const uint64_t caps = caps_of_file("/proc/self/exe");
	const bool some = list_lacks(caps, NEEDED, lacks);

	(void)ifname;
	snprintf(fix, sizeof(fix), "setcap cap_bpf,cap_net_admin,cap_perfmon=ep %s",
		 n > 0 && n < (ssize_t)sizeof(path) - 1 ? path : "flowbpf");
	if (some)
		snprintf(probe->value, sizeof(probe->value), "without %s", lacks);
	else
		snprintf(probe->value, sizeof(probe->value), "BPF, NET_ADMIN, PERFMON");
	fb_probe_set(probe, some ? FB_PROBE_INFO : FB_PROBE_OK, NULL,
		     "lacks whose the sockets of others are that are older than flowbpf, ports "
		     "below 1024, and folders: give --socket and --state; who may run the file may "
		     "attach",
		     some ? fix : "");
}

/* Does a line of the config say "interface = ..."? */
static bool has_interface(void)
{
	_cleanup_fclose_ FILE *file = fopen(CONFIG, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		const char *at = line + strspn(line, " \t");

		if (strncmp(at, "interface", 9) == 0 && at[9 + strspn(at + 9, " \t")] == '=')
			return true;
	}
	return false;
}

void fb_check_service(struct fb_probe *probe, const char *ifname)
{
	static const char *const folders[] = {"/etc", "/usr/local/lib", "/usr/lib", "/lib"};
	bool there = false;
	char path[64];

	(void)ifname;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/systemd/system/flowbpf.service", folders[i]);
		there |= access(path, F_OK) == 0;
	}
	if (!there)
		fb_probe_set(probe, FB_PROBE_INFO, "not installed",
			     "lacks its units flowbpf.service and flowbpf@.service",
			     "sudo make install");
	else if (!has_interface())
		fb_probe_set(probe, FB_PROBE_INFO, "without an interface",
			     "lacks a line \"interface = ...\" in " CONFIG,
			     "systemctl enable --now flowbpf@IFACE");
	else
		fb_probe_set(probe, FB_PROBE_OK, "with an interface",
			     "lacks homes, which it does not see, and folders to write to but "
			     "/var/lib/flowbpf, /var/log/flowbpf and /run/flowbpf",
			     "");
}

static bool is_container(void)
{
	return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 ||
	       getenv("container");
}

void fb_check_container(struct fb_probe *probe, const char *ifname)
{
	struct stat processes;
	uint64_t caps = 0;
	char lacks[64];

	(void)ifname;
	fb_privs_caps(&caps);
	list_lacks(caps, WANTED, lacks);
	if (!is_container())
		snprintf(probe->value, sizeof(probe->value), "not in one");
	else if (*lacks)
		snprintf(probe->value, sizeof(probe->value), "without %s", lacks);
	else if (stat("/proc/self/ns/pid", &processes) == 0 && processes.st_ino != PID_NS_INIT)
		snprintf(probe->value, sizeof(probe->value), "without the host's processes");
	else
		snprintf(probe->value, sizeof(probe->value), "with all of it");
	fb_probe_set(probe, FB_PROBE_INFO, NULL,
		     "lacks what it is not given: without the host's network it sees its own, "
		     "without the host's processes sockets that are older have no owners",
		     "docker run --network host --pid host --cap-add BPF --cap-add NET_ADMIN "
		     "--cap-add PERFMON --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH IMAGE");
}
