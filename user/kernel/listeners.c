/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets by sock_diag; its filter of states spares reading all connections. */
#include "kernel/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <flowbpf/key.h>

#include "kernel/netlink.h"

/* States as the kernel numbers them; a datagram socket that is not connected is in the latter. */
#define LISTEN	  (1u << 10)
#define CLOSED	  (1u << 7)
#define EPHEMERAL 32768 /* an unconnected socket from here on is a client's */

struct reading {
	void (*fn)(void *ctx, const struct fb_listener *listener);
	void *ctx;
	uint8_t proto;
};

static int on_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct reading *reading = data;
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct fb_listener listener = {.proto = reading->proto};

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	listener.port = ntohs(msg->id.idiag_sport);
	listener.queue = msg->idiag_rqueue;
	listener.limit = listener.proto == IPPROTO_TCP ? msg->idiag_wqueue : 0;
	listener.uid = msg->idiag_uid;
	listener.family = msg->idiag_family == AF_INET6 ? FB_IPV6 : FB_IPV4;
	if (listener.family == FB_IPV6) {
		memcpy(listener.addr, msg->id.idiag_src, 16);
	} else {
		listener.addr[10] = listener.addr[11] = 0xff;
		memcpy(listener.addr + 12, msg->id.idiag_src, 4);
	}
	if (listener.port && (listener.proto == IPPROTO_TCP || listener.port < EPHEMERAL))
		reading->fn(reading->ctx, &listener);
	return MNL_CB_OK;
}

static int read_kind(struct reading *reading, uint8_t family, uint32_t states)
{
	char buf[FB_NETLINK_BUFFER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = reading->proto;
	req->idiag_states = states;
	return fb_netlink_ask(NETLINK_SOCK_DIAG, nlh, on_socket, reading);
}

int fb_listeners_read(void (*fn)(void *ctx, const struct fb_listener *listener), void *ctx)
{
	static const struct {
		uint8_t proto, family;
		uint32_t states;
	} kinds[] = {
		{IPPROTO_TCP, AF_INET, LISTEN},
		{IPPROTO_TCP, AF_INET6, LISTEN},
		{IPPROTO_UDP, AF_INET, CLOSED},
		{IPPROTO_UDP, AF_INET6, CLOSED},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct reading reading = {fn, ctx, kinds[i].proto};
		const int r = read_kind(&reading, kinds[i].family, kinds[i].states);

		result = r < 0 ? r : result;
	}
	return result;
}
