/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets older than us: each descriptor of each process that is one is copied (pidfd_getfd), and
 * the stamp is put on the socket by the copy. What has a stamp keeps it.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/process.h"
#include "kernel/sockstamp.h"
#include "util/cleanup.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define CENSUS_EXE 1 /* no address of a file */

struct census {
	const struct fb_sockstamp *to;
	int cgroup;
	uint64_t now_ns;
	int stamped;
	bool partial;
};

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The id of the v2 group that the process is in; 0: not known. */
static uint64_t cgroup_of(const struct census *census, uint32_t pid)
{
	char path[64], line[FB_CGROUP_TEXT];
	_cleanup_fclose_ FILE *file = NULL;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (!fstatat(census->cgroup, line[4] ? line + 4 : ".", &st, 0))
			return st.st_ino;
	}
	return 0;
}

static bool is_inet(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       (domain == AF_INET || domain == AF_INET6);
}

static void stamp_one(struct census *census, int process, int fd, const struct fb_stamp *stamp)
{
	_cleanup_close_ int copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);

	if (copy < 0) {
		census->partial |= errno != EBADF && errno != ESRCH;
		return;
	}
	if (!is_inet(copy))
		return;
	if (!bpf_map_update_elem(census->to->stamps, &copy, stamp, BPF_NOEXIST))
		census->stamped++;
	else
		census->partial |= errno != EEXIST;
}

static bool is_socket(int folder, const char *name)
{
	char to[32];
	const ssize_t n = readlinkat(folder, name, to, sizeof(to));

	return n > 8 && !strncmp(to, "socket:[", 8);
}

/* While we may see it: root is given up later. */
static void keep_exe(const struct census *census, const struct fb_stamp *stamp)
{
	const struct fb_exe_key key = {
		.started_ns = stamp->started_ns, .exe = stamp->exe, .pid = stamp->pid};
	char path[FB_EXE_TEXT];
	struct fb_exe exe = {0};

	if (!fb_process_exe(stamp->pid, path))
		return;
	exe.len = (__u32)strlen(path);
	memcpy(exe.path, path, exe.len);
	bpf_map_update_elem(census->to->exes, &key, &exe, BPF_ANY);
}

static void stamp_all(struct census *census, const struct fb_process *process)
{
	struct fb_stamp stamp = {
		.started_ns = process->began * FB_PROCESS_TICK_NS,
		.made_ns = census->now_ns,
		.exe = CENSUS_EXE,
		.pid = process->pid,
		.parent = process->parent,
		.by = FB_OWNER_SNAPSHOT,
	};
	_cleanup_(close_dir) DIR *dir = NULL;
	_cleanup_close_ int pidfd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd", process->pid);
	pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	dir = opendir(path);
	if (pidfd < 0 || !dir || !fb_process_uid(process->pid, &stamp.uid)) {
		census->partial |= errno != ENOENT && errno != ESRCH;
		return;
	}
	memcpy(stamp.comm, process->comm, sizeof(stamp.comm));
	stamp.cgroup = cgroup_of(census, process->pid);
	keep_exe(census, &stamp);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (entry->d_name[0] != '.' && is_socket(dirfd(dir), entry->d_name))
			stamp_one(census, pidfd, (int)strtol(entry->d_name, NULL, 10), &stamp);
}

int fb_sockstamp_census(const struct fb_sockstamp *stamp, int cgroup, uint64_t now_ns)
{
	struct census census = {.to = stamp, .cgroup = cgroup, .now_ns = now_ns};
	_cleanup_(close_dir) DIR *dir = opendir("/proc");

	if (!dir)
		return -errno;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		const uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct fb_process process;

		if (pid && fb_process_read(pid, &process) == 0)
			stamp_all(&census, &process);
	}
	return census.partial ? -EPERM : census.stamped;
}
