/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask and wait: libmnl's sequence, with a deadline. */
#include "kernel/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "util/cleanup.h"

/* Dumps come in messages of up to 32 kB. */
#define ANSWER_BYTES 32768

static void close_socket(struct mnl_socket **nl)
{
	if (*nl)
		mnl_socket_close(*nl);
}

/* Is this the end of a list? What comes with an interrupted one is not told. */
static bool ends(const char *buf, size_t n)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;

	for (int left = (int)n; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

int fb_netlink_ask_on(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	const struct timeval deadline = {.tv_sec = 2};
	static unsigned int sequence;
	_cleanup_free_ char *buf = malloc(ANSWER_BYTES);
	bool interrupted = false;
	int r = 1;

	if (!buf)
		return -ENOMEM;
	nlh->nlmsg_seq = ++sequence;
	/* one of its two bits means another thing in a request that makes something */
	if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, ANSWER_BYTES);

		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		r = mnl_cb_run(buf, (size_t)n, sequence, mnl_socket_get_portid(nl), cb, data);
		/* The answer of a question that timed out earlier on this socket. */
		if (r < 0 && errno == EPROTO)
			r = 1;
		/* Read to its end: until then the kernel takes no other question here. */
		if (r < 0 && errno == EINTR) {
			interrupted = true;
			r = ends(buf, (size_t)n) ? MNL_CB_STOP : 1;
		}
	}
	if (interrupted)
		return -EINTR;
	return r < 0 ? -errno : 0;
}

int fb_netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	_cleanup_(close_socket) struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return fb_netlink_ask_on(nl, nlh, cb, data);
}
