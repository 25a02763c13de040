/* SPDX-License-Identifier: BSD-2-Clause */
/* One netlink question and its answer, for what is asked rarely. */
#pragma once

#include <libmnl/libmnl.h>

/* Enough for a request, and for one message of an answer. */
#define FB_NETLINK_BUFFER 16384

/*
 * Send `nlh` (sequence number and, unless it is a dump, NLM_F_ACK are set here) on a socket of its
 * own, hand each message of the answer to `cb` (may be NULL). 0, or the kernel's -errno; -ETIMEDOUT
 * after 2 s; -EINTR: something changed while it was listed, `cb` may lack some.
 */
int fb_netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);

/* The same on a socket that is kept. */
int fb_netlink_ask_on(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
