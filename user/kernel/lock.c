/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface lock: a listening abstract socket named after the ifindex. */
#include "kernel/lock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util/cleanup.h"

/* Abstract names live in the network namespace, so the ifindex is enough of a name. */
static socklen_t lock_address(uint32_t ifindex, struct sockaddr_un *address)
{
	int n;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "flowbpf/if/%u",
		     ifindex);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

pid_t fb_lock_owner(uint32_t ifindex)
{
	struct sockaddr_un address;
	socklen_t len = lock_address(ifindex, &address);
	struct ucred peer;
	socklen_t peer_len = sizeof(peer);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, len) < 0)
		return errno == ECONNREFUSED ? -ENOENT : errno == EAGAIN ? 0 : -errno;
	/* The credentials are those of listen(): the owner's pid, 0 in another pid namespace. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) < 0)
		return -errno;
	return peer.pid;
}

static int refused(uint32_t ifindex, const char *ifname, struct fb_why *why)
{
	pid_t owner = fb_lock_owner(ifindex);

	if (owner > 0)
		return fb_why_set(why, -EBUSY, "%s: already attached by pid %d", ifname,
				  (int)owner);
	return fb_why_set(why, -EBUSY, "%s: already attached by another process", ifname);
}

int fb_lock_take(uint32_t ifindex, const char *ifname, struct fb_why *why)
{
	struct sockaddr_un address;
	socklen_t len = lock_address(ifindex, &address);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return fb_why_set(why, -errno, "%s: no socket for the lock: %m", ifname);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0) {
		r = -errno;
		if (r == -EADDRINUSE)
			return refused(ifindex, ifname, why);
		return fb_why_set(why, r, "%s: cannot lock the interface: %m", ifname);
	}
	if (listen(fd, SOMAXCONN) < 0)
		return fb_why_set(why, -errno, "%s: cannot lock the interface: %m", ifname);
	return TAKE_FD(fd);
}

void fb_lock_drain(int lock_fd)
{
	for (;;) {
		int fd = accept4(lock_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		close(fd);
	}
}
