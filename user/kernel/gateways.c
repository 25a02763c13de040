/* SPDX-License-Identifier: BSD-2-Clause */
/* A dump of the routes: RTA_GATEWAY, RTA_VIA, and those of RTA_MULTIPATH. */
#include "kernel/gateways.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <flowbpf/key.h>

#include "kernel/netlink.h"

#define ROUTES_MAX 100000 /* a full table of the internet is ten times that, by few gateways */

struct reading {
	void (*fn)(void *ctx, const uint8_t addr[static 16], uint8_t family);
	void *ctx;
	uint32_t n;
};

static void tell(const struct reading *reading, const void *from, size_t len)
{
	uint8_t addr[16] = {0};

	if (len == 4) {
		addr[10] = addr[11] = 0xff;
		memcpy(addr + 12, from, 4);
	} else if (len == 16) {
		memcpy(addr, from, 16);
	} else {
		return;
	}
	reading->fn(reading->ctx, addr, len == 4 ? FB_IPV4 : FB_IPV6);
}

static int on_attribute(const struct nlattr *attr, void *data)
{
	const uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	int left = len;

	if (type == RTA_GATEWAY)
		tell(data, mnl_attr_get_payload(attr), len);
	else if (type == RTA_VIA && len > sizeof(struct rtvia))
		tell(data, (const uint8_t *)mnl_attr_get_payload(attr) + sizeof(struct rtvia),
		     len - sizeof(struct rtvia));
	for (; type == RTA_MULTIPATH && RTNH_OK(hop, left);
	     left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		mnl_attr_parse_payload(RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop), on_attribute,
				       data);
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	struct reading *reading = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	if (++reading->n > ROUTES_MAX) {
		errno = EOVERFLOW;
		return MNL_CB_ERROR;
	}
	mnl_attr_parse(nlh, sizeof(struct rtmsg), on_attribute, data);
	return MNL_CB_OK;
}

int fb_gateways_read(void (*fn)(void *ctx, const uint8_t addr[static 16], uint8_t family),
		     void *ctx)
{
	struct reading reading = {fn, ctx, 0};
	char buf[FB_NETLINK_BUFFER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *route;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_UNSPEC;
	return fb_netlink_ask(NETLINK_ROUTE, nlh, on_route, &reading);
}
