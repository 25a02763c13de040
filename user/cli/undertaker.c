/* SPDX-License-Identifier: BSD-2-Clause */
/* The child: everything given up but the right of root's uid to change root's folders. */
#include "cli/undertaker.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/childproc.h"

#define PATIENCE_MS 300

/* Another daemon's socket has another number, or another time where numbers are used again. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Taken by a rename before it is looked at: what came there meanwhile is put back. */
static void bury(const char *path, const struct stat *ours)
{
	char grave[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) || !is_same(&st, ours))
		return;
	snprintf(grave, sizeof(grave), "%s.%d", path, getpid());
	if (rename(path, grave) || lstat(grave, &st))
		return;
	if (is_same(&st, ours) || link(grave, path) == 0)
		unlink(grave);
}

static void wait_and_bury(int end, const void *path)
{
	struct stat ours;
	bool known = false;
	ssize_t n;

	fb_childproc_give_up();
	while ((n = read(end, &ours, sizeof(ours))) > 0 || (n < 0 && errno == EINTR))
		known = known || n == sizeof(ours);
	if (known)
		bury(path, &ours);
}

int fb_undertaker_start(const char *path)
{
	const int fd = fb_childproc_start("flowbpf-socket", wait_and_bury, path);

	return fd < 0 ? -1 : fd;
}

void fb_undertaker_tell(int fd, const char *path)
{
	struct stat ours;

	/* Not told, it leaves the file, and the next start replaces it. */
	if (fd >= 0 && !lstat(path, &ours))
		(void)!write(fd, &ours, sizeof(ours));
}

void fb_undertaker_end(int fd)
{
	struct pollfd gone = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	if (!shutdown(fd, SHUT_WR))
		poll(&gone, 1, PATIENCE_MS);
	close(fd);
}
