/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"

#define FIELD_PARENT 4	/* of /proc/PID/stat */
#define FIELD_BEGAN  22 /* likewise */
#define CHILDREN     16 /* that are looked at */
#define ALIKE	     4	/* letters */

static int read_file(uint32_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

/* "12 (a name) S 1 ...": the name may have spaces and parentheses, what follows has none. */
int fb_process_read(uint32_t pid, struct fb_process *ret_process)
{
	char text[1024], *name, *end, *at;
	int r = read_file(pid, "stat", text, sizeof(text));
	unsigned int field = 2;

	if (r < 0)
		return r;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end || end < name)
		return -EBADMSG;
	*end = '\0';
	*ret_process = (struct fb_process){.pid = pid};
	snprintf(ret_process->comm, sizeof(ret_process->comm), "%s", name + 1);
	for (at = end + 1; *at; at++) {
		if (*at != ' ')
			continue;
		field++;
		if (field == FIELD_PARENT)
			ret_process->parent = (uint32_t)strtoul(at + 1, NULL, 10);
		if (field == FIELD_BEGAN)
			ret_process->began = strtoull(at + 1, NULL, 10);
	}
	return ret_process->began ? 0 : -EBADMSG;
}

bool fb_process_exe(uint32_t pid, char exe[static FB_EXE_TEXT])
{
	static const char gone[] = " (deleted)";
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	n = readlink(path, exe, FB_EXE_TEXT - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	if ((size_t)n > sizeof(gone) && !strcmp(exe + n - (sizeof(gone) - 1), gone))
		exe[n - (ssize_t)(sizeof(gone) - 1)] = '\0';
	return true;
}

bool fb_process_cgroup(uint32_t pid, char path[static FB_CGROUP_TEXT])
{
	char text[4096], *line, *rest = NULL;
	bool found = false;

	if (read_file(pid, "cgroup", text, sizeof(text)) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *of_systemd = strstr(line, ":name=systemd:/");
		const char *at = of_systemd		    ? of_systemd + strlen(":name=systemd:")
				 : !strncmp(line, "0::", 3) ? line + 3
							    : NULL;

		if (!at || (found && !of_systemd))
			continue;
		snprintf(path, FB_CGROUP_TEXT, "%s", at);
		found = true;
	}
	return found;
}

bool fb_process_uid(uint32_t pid, uint32_t *ret_uid)
{
	char text[2048];
	char *at, *end;

	if (read_file(pid, "status", text, sizeof(text)) < 0)
		return false;
	at = strstr(text, "\nUid:");
	if (!at)
		return false;
	(void)strtoul(at + 5, &at, 10); /* the real one; behind it, the effective one */
	*ret_uid = (uint32_t)strtoul(at, &end, 10);
	return end != at;
}

static unsigned int children_of(uint32_t pid, uint32_t children[static CHILDREN])
{
	char name[32], text[CHILDREN * 11 + 1], *at = text, *end;
	unsigned int n = 0;

	snprintf(name, sizeof(name), "task/%u/children", pid);
	if (read_file(pid, name, text, sizeof(text)) < 0)
		return 0;
	for (; n < CHILDREN; at = end) {
		const unsigned long child = strtoul(at, &end, 10);

		if (end == at)
			break;
		children[n++] = (uint32_t)child;
	}
	return n;
}

/* "sshd", "sshd-session" and "sshd-auth" are one. */
static bool is_called_alike(uint32_t pid, const char *comm)
{
	struct fb_process process;

	return fb_process_read(pid, &process) < 0 || !strncmp(process.comm, comm, ALIKE);
}

bool fb_process_serves(uint32_t pid)
{
	uint32_t child[CHILDREN], grandchild[CHILDREN];
	const unsigned int n = children_of(pid, child);
	struct fb_process process;

	if (fb_process_read(pid, &process) < 0)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (!is_called_alike(child[i], process.comm))
			return true;
		for (unsigned int k = children_of(child[i], grandchild); k-- > 0;)
			if (!is_called_alike(grandchild[k], process.comm))
				return true;
	}
	return false;
}
