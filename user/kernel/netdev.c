/* SPDX-License-Identifier: BSD-2-Clause */
/* rtnetlink: one socket for events, one for questions; both parse the same messages. */
#include "kernel/netdev.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <flowbpf/key.h>

#include "kernel/netlink.h"
#include "util/cleanup.h"

#define BUFFER_BYTES	 32768
#define MESSAGES_AT_ONCE 64
#define TRIES		 3 /* of a list, while something changes */

/* Whom to tell. */
struct telling {
	struct fb_netdev_ops ops;
	void *ctx;
};

struct fb_netdev {
	struct telling telling;
	struct mnl_socket *events, *ask;
	bool lost; /* events were dropped: list again once the older ones are read */
	_Alignas(8) char buffer[BUFFER_BYTES];
};

static void copy_text(char *to, size_t size, const struct nlattr *attr)
{
	const size_t len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	const size_t n = len < size - 1 ? len : size - 1;

	memcpy(to, mnl_attr_get_payload(attr), n);
	to[n] = '\0';
}

static void take_vlan(const struct nlattr *data, struct fb_netdev_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data) if (mnl_attr_get_type(attr) == IFLA_VLAN_ID &&
						 mnl_attr_get_payload_len(attr) >= sizeof(uint16_t))
		link->vlan = mnl_attr_get_u16(attr);
}

static void take_info(const struct nlattr *info, struct fb_netdev_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_text(link->kind, sizeof(link->kind), attr);
		else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && !strcmp(link->kind, "vlan"))
			take_vlan(attr, link);
	}
}

static void take_counters(const struct nlattr *attr, struct fb_netdev_link *link)
{
	const size_t len = mnl_attr_get_payload_len(attr), most = sizeof(link->stats);

	memcpy(&link->stats, mnl_attr_get_payload(attr), len < most ? len : most);
}

/* Of other lengths are those of tunnels and the like: no MAC. */
static void take_mac(const struct nlattr *attr, struct fb_netdev_link *link)
{
	link->has_mac = !link->loopback && mnl_attr_get_payload_len(attr) == sizeof(link->mac);
	if (link->has_mac)
		memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
}

static bool is_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) >= sizeof(uint32_t);
}

static int parse_link(const struct nlmsghdr *nlh, struct fb_netdev_link *link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	bool elsewhere = false;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	*link = (struct fb_netdev_link){
		.ifindex = (uint32_t)info->ifi_index,
		.arphrd = info->ifi_type,
		.up = info->ifi_flags & IFF_UP,
		.running = info->ifi_flags & IFF_RUNNING,
		.loopback = info->ifi_flags & IFF_LOOPBACK,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*info))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			copy_text(link->name, sizeof(link->name), attr);
			break;
		case IFLA_MTU:
			link->mtu = is_u32(attr) ? mnl_attr_get_u32(attr) : 0;
			break;
		case IFLA_LINK:
			link->parent = is_u32(attr) ? mnl_attr_get_u32(attr) : 0;
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		case IFLA_MASTER:
			link->master = is_u32(attr) ? mnl_attr_get_u32(attr) : 0;
			break;
		case IFLA_LINKINFO:
			take_info(attr, link);
			break;
		case IFLA_ADDRESS:
			take_mac(attr, link);
			break;
		case IFLA_STATS64:
			take_counters(attr, link);
			break;
		}
	}
	/* The number of a device of another namespace means nothing here. */
	if (elsewhere)
		link->parent = 0;
	return 0;
}

static int parse_addr(const struct nlmsghdr *nlh, struct fb_netdev_addr *addr)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *local = NULL, *address = NULL, *found;
	size_t size;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
		return -EAFNOSUPPORT;
	mnl_attr_for_each(attr, nlh, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			local = attr;
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			address = attr;
	}
	/* On point-to-point links IFA_ADDRESS is the peer's, IFA_LOCAL ours. */
	found = local ? local : address;
	size = info->ifa_family == AF_INET ? 4 : 16;
	if (!found || mnl_attr_get_payload_len(found) < size)
		return -EBADMSG;
	*addr = (struct fb_netdev_addr){
		.ifindex = info->ifa_index,
		.family = info->ifa_family == AF_INET ? FB_IPV4 : FB_IPV6,
		.prefix = info->ifa_prefixlen,
	};
	if (size == 4)
		addr->addr[10] = addr->addr[11] = 0xff;
	memcpy(addr->addr + 16 - size, mnl_attr_get_payload(found), size);
	return 0;
}

#define KNOWN (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

/* The kernel tells it in hundredths of a second. */
static uint32_t silent_ms(const struct nlattr *times)
{
	const struct nda_cacheinfo *info = times ? mnl_attr_get_payload(times) : NULL;

	if (!info || mnl_attr_get_payload_len(times) < sizeof(*info))
		return 0;
	return info->ndm_confirmed < UINT32_MAX / 10 ? info->ndm_confirmed * 10 : UINT32_MAX;
}

static int parse_neighbour(const struct nlmsghdr *nlh, struct fb_netdev_neighbour *neighbour)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *to = NULL, *mac = NULL, *times = NULL;
	size_t size;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	if (info->ndm_family != AF_INET && info->ndm_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!(info->ndm_state & KNOWN) || info->ndm_flags & NTF_PROXY)
		return -ENOENT;
	mnl_attr_for_each(attr, nlh, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == NDA_DST)
			to = attr;
		if (mnl_attr_get_type(attr) == NDA_LLADDR)
			mac = attr;
		if (mnl_attr_get_type(attr) == NDA_CACHEINFO)
			times = attr;
	}
	size = info->ndm_family == AF_INET ? 4 : 16;
	if (!to || mnl_attr_get_payload_len(to) < size || !mac ||
	    mnl_attr_get_payload_len(mac) != sizeof(neighbour->mac))
		return -EBADMSG;
	*neighbour = (struct fb_netdev_neighbour){
		.ifindex = (uint32_t)info->ndm_ifindex,
		.family = info->ndm_family == AF_INET ? FB_IPV4 : FB_IPV6,
		.silent_ms = silent_ms(times),
	};
	if (size == 4)
		neighbour->addr[10] = neighbour->addr[11] = 0xff;
	memcpy(neighbour->addr + 16 - size, mnl_attr_get_payload(to), size);
	memcpy(neighbour->mac, mnl_attr_get_payload(mac), sizeof(neighbour->mac));
	return 0;
}

static void tell_neighbour(const struct telling *telling, const struct nlmsghdr *nlh)
{
	struct fb_netdev_neighbour neighbour;

	if (telling->ops.neighbour && parse_neighbour(nlh, &neighbour) == 0)
		telling->ops.neighbour(telling->ctx, &neighbour);
}

static void tell_link(const struct telling *telling, const struct nlmsghdr *nlh)
{
	struct fb_netdev_link link;

	/* Bridges tell of their ports by messages of their own family: not about the device. */
	if (parse_link(nlh, &link) < 0 ||
	    ((const struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_family != AF_UNSPEC)
		return;
	if (nlh->nlmsg_type == RTM_NEWLINK && telling->ops.link)
		telling->ops.link(telling->ctx, &link);
	if (nlh->nlmsg_type == RTM_DELLINK && telling->ops.link_gone)
		telling->ops.link_gone(telling->ctx, link.ifindex, link.name);
}

static void tell_addr(const struct telling *telling, const struct nlmsghdr *nlh)
{
	struct fb_netdev_addr addr;

	if (parse_addr(nlh, &addr) < 0)
		return;
	if (nlh->nlmsg_type == RTM_NEWADDR && telling->ops.addr)
		telling->ops.addr(telling->ctx, &addr);
	if (nlh->nlmsg_type == RTM_DELADDR && telling->ops.addr_gone)
		telling->ops.addr_gone(telling->ctx, &addr);
}

static int tell(const struct nlmsghdr *nlh, void *data)
{
	if (nlh->nlmsg_type == RTM_NEWLINK || nlh->nlmsg_type == RTM_DELLINK)
		tell_link(data, nlh);
	else if (nlh->nlmsg_type == RTM_NEWADDR || nlh->nlmsg_type == RTM_DELADDR)
		tell_addr(data, nlh);
	else if (nlh->nlmsg_type == RTM_NEWNEIGH)
		tell_neighbour(data, nlh);
	return MNL_CB_OK;
}

static struct nlmsghdr *put_request(void *buf, uint16_t type, uint16_t flags, int ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if (type == RTM_GETLINK) {
		struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

		info->ifi_index = ifindex;
	} else if (type == RTM_GETNEIGH) {
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct ndmsg));
	} else {
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg));
	}
	return nlh;
}

/* By `ask`, or where that is NULL, each on a socket of its own. */
static int list(struct mnl_socket *ask, struct telling *telling)
{
	const struct {
		uint16_t type;
		bool wanted;
	} lists[] = {
		{RTM_GETLINK, telling->ops.link},
		{RTM_GETADDR, telling->ops.addr},
		{RTM_GETNEIGH, telling->ops.neighbour},
	};
	char buf[256] __attribute__((aligned(8)));
	int r = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && r >= 0; i++) {
		struct nlmsghdr *nlh = put_request(buf, lists[i].type, NLM_F_DUMP, 0);

		if (!lists[i].wanted)
			continue;
		r = ask ? fb_netlink_ask_on(ask, nlh, tell, telling)
			: fb_netlink_ask(NETLINK_ROUTE, nlh, tell, telling);
	}
	return r;
}

/* What changes all the time is listed again behind its events. */
int fb_netdev_list(struct fb_netdev *netdev)
{
	int r = -EINTR;

	for (unsigned int i = 0; i < TRIES && r == -EINTR; i++)
		r = list(netdev->ask, &netdev->telling);
	if (r != -EINTR)
		return r;
	netdev->lost = true;
	return 0;
}

int fb_netdev_dump(const struct fb_netdev_ops *ops, void *ctx)
{
	struct telling telling = {*ops, ctx};

	return list(NULL, &telling);
}

/* What was queued before the loss is older than a list: the list has to come last. */
static int list_if_lost(struct fb_netdev *netdev)
{
	const bool lost = netdev->lost;

	netdev->lost = false;
	return lost ? fb_netdev_list(netdev) : 0;
}

int fb_netdev_read(struct fb_netdev *netdev)
{
	for (unsigned int i = 0; i < MESSAGES_AT_ONCE || netdev->lost; i++) {
		ssize_t n =
			mnl_socket_recvfrom(netdev->events, netdev->buffer, sizeof(netdev->buffer));

		if (n < 0 && errno == EAGAIN)
			return list_if_lost(netdev);
		if (n < 0 && errno == ENOBUFS) {
			netdev->lost = true;
			continue;
		}
		if (n < 0)
			return -errno;
		mnl_cb_run(netdev->buffer, (size_t)n, 0, 0, tell, &netdev->telling);
	}
	return 0;
}

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	int r = nlh->nlmsg_type == RTM_NEWLINK ? parse_link(nlh, data) : 0;

	if (r == 0)
		return MNL_CB_OK;
	errno = -r;
	return MNL_CB_ERROR;
}

static int ask_link(struct fb_netdev *netdev, struct nlmsghdr *nlh, struct fb_netdev_link *ret_link)
{
	struct fb_netdev_link link = {0};
	int r = fb_netlink_ask_on(netdev->ask, nlh, take_link, &link);

	if (r < 0)
		return r;
	if (link.ifindex == 0)
		return -ENODEV;
	*ret_link = link;
	return 0;
}

int fb_netdev_link_by_name(struct fb_netdev *netdev, const char *name,
			   struct fb_netdev_link *ret_link)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = put_request(buf, RTM_GETLINK, 0, 0);

	if (!name[0] || strlen(name) >= IF_NAMESIZE)
		return -ENODEV;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return ask_link(netdev, nlh, ret_link);
}

static bool ask_driver(const struct fb_netdev *netdev, const char *name, void *question)
{
	struct ifreq ifr = {.ifr_data = question};

	memcpy(ifr.ifr_name, name, strlen(name));
	return ioctl(mnl_socket_get_fd(netdev->ask), SIOCETHTOOL, &ifr) == 0;
}

void fb_netdev_hardware(const struct fb_netdev *netdev, const char *name,
			struct fb_netdev_hardware *ret_hardware)
{
	struct ethtool_cmd settings = {.cmd = ETHTOOL_GSET};
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct fb_netdev_hardware *hardware = ret_hardware;

	*hardware = (struct fb_netdev_hardware){0};
	if (strlen(name) >= IF_NAMESIZE)
		return;
	if (ask_driver(netdev, name, &settings)) {
		const uint32_t speed = ethtool_cmd_speed(&settings);

		hardware->speed =
			speed == (uint16_t)SPEED_UNKNOWN || speed == (uint32_t)SPEED_UNKNOWN
				? 0
				: speed;
		hardware->duplex = settings.duplex == DUPLEX_FULL   ? FB_DUPLEX_FULL
				   : settings.duplex == DUPLEX_HALF ? FB_DUPLEX_HALF
								    : FB_DUPLEX_UNKNOWN;
	}
	if (ask_driver(netdev, name, &driver))
		memcpy(hardware->driver, driver.driver,
		       strnlen(driver.driver, sizeof(hardware->driver) - 1));
}

static void free_netdev(struct fb_netdev **netdev)
{
	fb_netdev_free(*netdev);
}

int fb_netdev_new(const struct fb_netdev_ops *ops, void *ctx, struct fb_netdev **ret_netdev)
{
	_cleanup_(free_netdev) struct fb_netdev *netdev = calloc(1, sizeof(*netdev));
	const unsigned int groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
				    (ops->neighbour ? RTMGRP_NEIGH : 0u);

	if (!netdev)
		return -ENOMEM;
	netdev->telling = (struct telling){*ops, ctx};
	netdev->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!netdev->events || mnl_socket_bind(netdev->events, groups, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	netdev->ask = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!netdev->ask || mnl_socket_bind(netdev->ask, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret_netdev = TAKE_PTR(netdev);
	return 0;
}

void fb_netdev_free(struct fb_netdev *netdev)
{
	if (!netdev)
		return;
	if (netdev->events)
		mnl_socket_close(netdev->events);
	if (netdev->ask)
		mnl_socket_close(netdev->ask);
	free(netdev);
}

int fb_netdev_fd(const struct fb_netdev *netdev)
{
	return mnl_socket_get_fd(netdev->events);
}
