/* SPDX-License-Identifier: BSD-2-Clause */
/* From the interface to its program, its link, and the process that has either open. */
#include "kernel/xdpowner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/process.h"
#include "util/cleanup.h"

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define _cleanup_dir_ _cleanup_(close_dir)

/* Does a line of this file say "KEY:<tab>NUMBER"? */
static bool says(int folder, const char *name, const char *key, uint32_t number)
{
	char line[80], wanted[48];
	_cleanup_fclose_ FILE *file = NULL;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return false;
	}
	snprintf(wanted, sizeof(wanted), "%s:\t%u\n", key, number);
	while (fgets(line, sizeof(line), file))
		if (!strcmp(line, wanted))
			return true;
	return false;
}

static bool holds(const char *pid, const char *key, uint32_t number)
{
	_cleanup_dir_ DIR *folder = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", pid);
	folder = opendir(path);
	if (!folder)
		return false;
	for (const struct dirent *at = readdir(folder); at; at = readdir(folder))
		if (at->d_name[0] != '.' && says(dirfd(folder), at->d_name, key, number))
			return true;
	return false;
}

/* The first process that has it open; 0: none is seen. */
static uint32_t holder(const char *key, uint32_t number)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");

	if (!proc)
		return 0;
	for (const struct dirent *at = readdir(proc); at; at = readdir(proc))
		if (at->d_name[strspn(at->d_name, "0123456789")] == '\0' &&
		    holds(at->d_name, key, number))
			return (uint32_t)strtoul(at->d_name, NULL, 10);
	return 0;
}

/* The link by which it is attached; 0: by none, or not to be seen. */
static uint32_t link_of(uint32_t ifindex)
{
	uint32_t id = 0;

	while (bpf_link_get_next_id(id, &id) == 0) {
		_cleanup_close_ int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = {0};
		__u32 len = sizeof(info);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
		    info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex)
			return id;
	}
	return 0;
}

uint32_t fb_xdp_program(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)ifindex, 0, &query) < 0)
		return 0;
	return query.drv_prog_id   ? query.drv_prog_id
	       : query.prog_id	   ? query.prog_id
	       : query.skb_prog_id ? query.skb_prog_id
				   : query.hw_prog_id;
}

static size_t add_name(uint32_t prog, char *text, size_t size)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	const bool known = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0;

	return (size_t)snprintf(text, size, "program %u%s%s%s", prog, known ? " \"" : "",
				known ? info.name : "", known ? "\"" : "");
}

void fb_xdp_owner(uint32_t prog, uint32_t ifindex, const char *name, char *text, size_t size)
{
	const uint32_t link = link_of(ifindex);
	uint32_t pid = holder("prog_id", prog);
	struct fb_process process = {.comm = ""};
	size_t n;

	if (!pid && link)
		pid = holder("link_id", link);
	n = add_name(prog, text, size);
	if (pid && fb_process_read(pid, &process) == 0 && n < size)
		n += (size_t)snprintf(text + n, size - n, ", held by %s (pid %u)", process.comm,
				      pid);
	if (n < size && link)
		snprintf(text + n, size - n, ": end it, or `bpftool link detach id %u`", link);
	else if (n < size)
		snprintf(text + n, size - n, ": end it, or `ip link set dev %s xdp off`", name);
}
