/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asked for first, destroyed by its cookie then: where there is no connection of these ends, the
 * kernel would find who listens at the port, and close that.
 */
#include "kernel/sockdestroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <flowbpf/key.h>

#include "kernel/netlink.h"

#ifndef SOCK_DESTROY
#define SOCK_DESTROY 21
#endif

struct found {
	struct inet_diag_sockid id;
	uint8_t state;
};

static int on_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct found *found = data;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	found->id = msg->id;
	found->state = msg->idiag_state;
	return MNL_CB_OK;
}

static int ask(uint16_t type, uint8_t family, const struct inet_diag_sockid *id,
	       struct found *ret_found)
{
	char buf[FB_NETLINK_BUFFER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = ~0u;
	req->id = *id;
	return fb_netlink_ask(NETLINK_SOCK_DIAG, nlh, on_socket, ret_found);
}

/* A socket of IPv6 may have connections of IPv4: the kernel finds those by IPv4, too. */
int fb_socket_destroy(const uint8_t addr[static 2][16], const uint16_t port[static 2],
		      uint8_t family)
{
	const uint8_t af = family == FB_IPV6 ? AF_INET6 : AF_INET;
	const size_t skip = family == FB_IPV6 ? 0 : 12;
	struct inet_diag_sockid id = {
		.idiag_sport = htons(port[0]),
		.idiag_dport = htons(port[1]),
		.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
	};
	struct found found = {0};
	int r;

	memcpy(id.idiag_src, addr[0] + skip, 16 - skip);
	memcpy(id.idiag_dst, addr[1] + skip, 16 - skip);
	r = ask(SOCK_DIAG_BY_FAMILY, af, &id, &found);
	if (r < 0)
		return r;
	if (!found.state || found.state == TCP_LISTEN || found.id.idiag_dport != id.idiag_dport)
		return -ENOENT;
	memcpy(id.idiag_cookie, found.id.idiag_cookie, sizeof(id.idiag_cookie));
	id.idiag_if = found.id.idiag_if;
	return ask(SOCK_DESTROY, af, &id, &found);
}
