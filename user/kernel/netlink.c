/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask and wait: libmnl's sequence, with a deadline. */
#include "kernel/netlink.h"

#include <errno.h>
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

int fb_netlink_ask_on(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	const struct timeval deadline = {.tv_sec = 2};
	static unsigned int sequence;
	_cleanup_free_ char *buf = malloc(ANSWER_BYTES);
	int r = 1;

	if (!buf)
		return -ENOMEM;
	nlh->nlmsg_seq = ++sequence;
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
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
	}
	return r < 0 ? -errno : 0;
}

int fb_netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	_cleanup_(close_socket) struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return fb_netlink_ask_on(nl, nlh, cb, data);
}
