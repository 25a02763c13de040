/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sender and a sink of TLS ClientHellos for the lab.
 *   hellos sink PORT                       accept on both families, read and forget
 *   hellos split FILE ADDRESS PORT [STEP]  for each offset of the hello in FILE a connection that
 *                                          sends it in two segments, cut there
 *   hellos bytes FILE ADDRESS PORT SIZE    one connection that sends SIZE bytes a segment
 *   hellos reuse FILE ADDRESS PORT COUNT   connections one after the other from one source port,
 *                                          each whole and ended by a RST
 * The text "cut0000" in the hello becomes "cut" and the offset, so that each connection has its
 * own name. A segment is acknowledged before the next is written: the cut is really on the wire.
 * Prints "SOURCE-PORT NAME-NUMBER" for each connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int sink(int port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), poll = epoll_create1(0), one = 1;
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
	static char waste[65536];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 1024))
		die("listen");
	epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
	while (epoll_wait(poll, &event, 1, -1) > 0 || errno == EINTR) {
		int fd = event.data.fd;

		if (fd == listener) {
			fd = accept(listener, NULL, NULL);
			event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
			epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
		} else if (read(fd, waste, sizeof(waste)) <= 0) {
			close(fd);
		}
	}
	return 1;
}

static socklen_t address_of(const char *text, int port, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		die(text);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

/* Write and wait until the other side has acknowledged all of it. */
static void send_whole(int fd, const char *bytes, size_t len)
{
	int unsent = 1;

	if (len && send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("send");
	for (int i = 0; i < 20000 && unsent; i++) {
		if (ioctl(fd, SIOCOUTQ, &unsent))
			die("SIOCOUTQ");
		if (unsent)
			usleep(50);
	}
}

/* From port *ret_port, or from any if that is 0; tells which it is. */
static int open_to(const struct sockaddr_storage *to, socklen_t len, unsigned int *ret_port)
{
	int fd = socket(to->ss_family, SOCK_STREAM, 0), one = 1, quick = 1;
	struct sockaddr_in6 own = {0};
	socklen_t own_len = sizeof(own);

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	own.sin6_family = to->ss_family;
	own.sin6_port = htons(*ret_port);
	if (*ret_port && bind(fd, (struct sockaddr *)&own, len))
		die("bind");
	if (connect(fd, (const struct sockaddr *)to, len))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &quick, sizeof(quick));
	getsockname(fd, (struct sockaddr *)&own, &own_len);
	*ret_port = ntohs(own.sin6_port); /* at the same place in sockaddr_in */
	return fd;
}

static void number(char *hello, size_t len, size_t n)
{
	char digits[8];

	for (size_t i = 0; i + 7 <= len; i++) {
		if (memcmp(hello + i, "cut", 3) || memcmp(hello + i + 3, "0000", 4))
			continue;
		snprintf(digits, sizeof(digits), "%04zu", n % 10000);
		memcpy(hello + i + 3, digits, 4);
		return;
	}
	fprintf(stderr, "the hello holds no cut0000\n");
	exit(1);
}

static void reuse(const char *hello, size_t len, const struct sockaddr_storage *to,
		  socklen_t to_len, size_t count)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	static char copy[65536];
	unsigned int port = 0;

	for (size_t i = 0; i < count; i++) {
		int fd = open_to(to, to_len, &port);

		memcpy(copy, hello, len);
		number(copy, len, i);
		send_whole(fd, copy, len);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		printf("%u cut%04zu\n", port, i);
		close(fd);
		usleep(2000);
	}
}

int main(int argc, char **argv)
{
	static char hello[65536], copy[65536];
	struct sockaddr_storage to;
	unsigned int port;
	size_t len, step;
	socklen_t to_len;
	FILE *file;

	if (argc == 3 && !strcmp(argv[1], "sink"))
		return sink(atoi(argv[2]));
	if (argc < 5 || !(file = fopen(argv[2], "r")))
		return fprintf(stderr,
			       "usage: hellos sink PORT | split|bytes FILE ADDRESS PORT N\n"),
		       2;
	len = fread(hello, 1, sizeof(hello), file);
	fclose(file);
	to_len = address_of(argv[3], atoi(argv[4]), &to);
	step = argc > 5 ? strtoul(argv[5], NULL, 10) : 1;

	if (!strcmp(argv[1], "reuse")) {
		reuse(hello, len, &to, to_len, step);
		return 0;
	}
	for (size_t cut = step; step && cut < len; cut += step) {
		int fd;

		port = 0;
		fd = open_to(&to, to_len, &port);
		memcpy(copy, hello, len);
		number(copy, len, cut);
		if (!strcmp(argv[1], "bytes")) {
			for (size_t at = 0; at < len; at += step)
				send_whole(fd, copy + at, len - at < step ? len - at : step);
			cut = len;
		} else {
			send_whole(fd, copy, cut);
			send_whole(fd, copy + cut, len - cut);
		}
		printf("%u cut%04zu\n", port, !strcmp(argv[1], "bytes") ? step : cut % 10000);
		close(fd);
	}
	return 0;
}
