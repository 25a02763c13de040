/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as wires; see the header. */
#include "sink/wire.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/cleanup.h"

#define CONNECT_MS 3000

int fb_wire_set_peer(struct fb_wire *wire, const struct fb_wire_ops *ops, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host_len = colon ? (size_t)(colon - text) : 0;

	if (colon && text[0] == '[' && host_len > 2 && text[host_len - 1] == ']') {
		text++;
		host_len -= 2;
	} else if (memchr(text, ':', host_len)) {
		return -EINVAL;
	}
	if (!host_len || host_len >= sizeof(wire->host) || strlen(colon + 1) > 5 || !colon[1] ||
	    colon[1 + strspn(colon + 1, "0123456789")])
		return -EINVAL;
	snprintf(wire->host, sizeof(wire->host), "%.*s", (int)host_len, text);
	snprintf(wire->port, sizeof(wire->port), "%.5s", colon + 1);
	wire->ops = ops;
	wire->fd = -1;
	return 0;
}

int fb_wire_set_path(struct fb_wire *wire, const struct fb_wire_ops *ops, const char *path)
{
	if (path[0] != '/' || strlen(path) >= sizeof(wire->path))
		return -EINVAL;
	snprintf(wire->path, sizeof(wire->path), "%s", path);
	wire->ops = ops;
	wire->fd = -1;
	return 0;
}

void fb_wire_wait(const struct fb_wire *wire, unsigned int ms)
{
	struct pollfd room = {.fd = wire->fd, .events = POLLOUT};

	(void)!poll(&room, 1, (int)ms);
}

static int finish_connect(int fd)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = ETIMEDOUT;

	if (poll(&room, 1, CONNECT_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return -error;
}

static int connect_to(struct fb_wire *wire, int family, int type, const struct sockaddr *addr,
		      socklen_t len)
{
	_cleanup_close_ int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, addr, len) < 0)
		r = errno == EINPROGRESS ? finish_connect(fd) : -errno;
	if (r < 0)
		return r;
	wire->fd = TAKE_FD(fd);
	return 0;
}

/* Names are asked for each time: a collector may have moved. */
static int open_peer(struct fb_wire *wire, int type)
{
	const struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	int r = getaddrinfo(wire->host, wire->port, &hints, &list);

	if (r)
		return r == EAI_MEMORY ? -ENOMEM : -EHOSTUNREACH;
	r = -EHOSTUNREACH;
	for (const struct addrinfo *one = list; one && r < 0; one = one->ai_next)
		r = connect_to(wire, one->ai_family, type, one->ai_addr, one->ai_addrlen);
	freeaddrinfo(list);
	return r;
}

static int open_udp(struct fb_wire *wire)
{
	return open_peer(wire, SOCK_DGRAM);
}

static int open_tcp(struct fb_wire *wire)
{
	return open_peer(wire, SOCK_STREAM);
}

static int open_path(struct fb_wire *wire, int type)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(wire->path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, wire->path, strlen(wire->path) + 1);
	return connect_to(wire, AF_UNIX, type, (const struct sockaddr *)&addr, sizeof(addr));
}

static int open_unix(struct fb_wire *wire)
{
	return open_path(wire, SOCK_STREAM);
}

static int open_devlog(struct fb_wire *wire)
{
	return open_path(wire, SOCK_DGRAM);
}

static ssize_t send_socket(struct fb_wire *wire, const void *data, size_t len)
{
	const ssize_t n = send(wire->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static void close_socket(struct fb_wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

static bool is_closed(struct fb_wire *wire)
{
	char byte;

	return recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

const struct fb_wire_ops fb_wire_udp = {"udp", true, open_udp, send_socket, close_socket, NULL};
const struct fb_wire_ops fb_wire_tcp = {"tcp",	     false,	   open_tcp,
					send_socket, close_socket, is_closed};
const struct fb_wire_ops fb_wire_unix = {"unix",      false,	    open_unix,
					 send_socket, close_socket, is_closed};
const struct fb_wire_ops fb_wire_devlog = {"syslog",	true,	      open_devlog,
					   send_socket, close_socket, NULL};
