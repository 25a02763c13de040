/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding an address; see the header. */
#include "http/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/addr.h"
#include "util/cleanup.h"
#include "util/why.h"

#define BACKLOG 128

static int bad_address(const char *address, struct fb_why *why)
{
	return fb_why_set(why, -EINVAL,
			  "cannot listen on \"%s\": write 127.0.0.1:8080, [::1]:8080 or unix:/path",
			  address);
}

static int parse_tcp(const char *address, struct sockaddr_storage *ss, socklen_t *ret_len)
{
	const char *colon = strrchr(address, ':');
	char host[FB_ADDR_STRLEN + 2] = "", *end;
	uint8_t addr[16], family;
	unsigned long port;
	size_t len;

	len = colon ? (size_t)(colon - address) : 0;
	if (!len || len >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return -EINVAL;
	memcpy(host, address, len);
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
	}
	if (fb_addr_parse(host, addr, &family))
		return -EINVAL;
	memset(ss, 0, sizeof(*ss));
	if (family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		memcpy(&in->sin_addr, addr + 12, 4);
		*ret_len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		memcpy(&in6->sin6_addr, addr, 16);
		*ret_len = sizeof(*in6);
	}
	return 0;
}

/* A socket file that a dead daemon left behind; never a file of another kind. */
static void remove_stale(const struct sockaddr_un *un)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0 || lstat(un->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) && errno == ECONNREFUSED)
		unlink(un->sun_path);
}

static int parse_unix(const char *path, struct sockaddr_storage *ss, socklen_t *ret_len)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ss;

	if (path[0] != '/' || strlen(path) >= sizeof(un->sun_path))
		return -EINVAL;
	memset(ss, 0, sizeof(*ss));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path));
	*ret_len = sizeof(*un);
	remove_stale(un);
	return 0;
}

int fb_http_listen(const char *address, int *ret_fd, struct fb_why *why)
{
	bool local = !strncmp(address, "unix:", 5);
	_cleanup_close_ int fd = -1;
	struct sockaddr_storage ss;
	socklen_t len;
	int on = 1, r;

	r = local ? parse_unix(address + 5, &ss, &len) : parse_tcp(address, &ss, &len);
	if (r)
		return bad_address(address, why);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !local)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) ||
	    (local && chmod(address + 5, 0660)) || listen(fd, BACKLOG)) {
		r = -errno;
		return fb_why_set(why, r, "cannot listen on %s: %s", address, strerror(-r));
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
