/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to ctnetlink: a tuple goes out in the same nests that ctparse.c reads. */
#include "kernel/ctask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/key.h>

#include "kernel/netlink.h"
#include "util/cleanup.h"

#define REQUEST_BYTES 512

struct nlmsghdr *fb_ct_request(void *buf, uint16_t message, uint16_t flags, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | message);
	nlh->nlmsg_flags = flags;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

static uint8_t address_family(const struct fb_ct_tuple *tuple)
{
	return tuple->family == FB_IPV4 ? AF_INET : AF_INET6;
}

static void put_addresses(struct nlmsghdr *nlh, const struct fb_ct_tuple *tuple)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (tuple->family == FB_IPV4) {
		mnl_attr_put(nlh, CTA_IP_V4_SRC, 4, &tuple->addr[0][12]);
		mnl_attr_put(nlh, CTA_IP_V4_DST, 4, &tuple->addr[1][12]);
	} else {
		mnl_attr_put(nlh, CTA_IP_V6_SRC, 16, tuple->addr[0]);
		mnl_attr_put(nlh, CTA_IP_V6_DST, 16, tuple->addr[1]);
	}
	mnl_attr_nest_end(nlh, nest);
}

static void put_proto(struct nlmsghdr *nlh, const struct fb_ct_tuple *tuple)
{
	const bool icmp = tuple->proto == IPPROTO_ICMP, icmp6 = tuple->proto == IPPROTO_ICMPV6;
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, tuple->proto);
	if (icmp || icmp6) {
		mnl_attr_put_u16(nlh, icmp ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID,
				 tuple->icmp_id);
		mnl_attr_put_u8(nlh, icmp ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE,
				tuple->icmp_type);
		mnl_attr_put_u8(nlh, icmp ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE,
				tuple->icmp_code);
	} else {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, tuple->port[0]);
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, tuple->port[1]);
	}
	mnl_attr_nest_end(nlh, nest);
}

/* A tuple of either direction goes as the original one: the kernel looks in one hash for both. */
static void put_tuple(struct nlmsghdr *nlh, const struct fb_ct_tuple *tuple, uint16_t zone)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);

	put_addresses(nlh, tuple);
	put_proto(nlh, tuple);
	mnl_attr_nest_end(nlh, nest);
	if (zone)
		mnl_attr_put_u16(nlh, CTA_ZONE, htons(zone));
}

static int take_entry(const struct nlmsghdr *nlh, void *data)
{
	enum fb_ct_event event;
	int r = fb_ct_parse(nlh, nlh->nlmsg_len, &event, data);

	if (r >= 0)
		return MNL_CB_OK;
	errno = -r;
	return MNL_CB_ERROR;
}

int fb_ct_ask_get(struct mnl_socket *nl, const struct fb_ct_tuple *tuple, uint16_t zone,
		  struct fb_ct *ret_entry)
{
	char buf[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *nlh =
		fb_ct_request(buf, IPCTNL_MSG_CT_GET, NLM_F_REQUEST, address_family(tuple));
	struct fb_ct entry = {0};
	int r;

	put_tuple(nlh, tuple, zone);
	r = fb_netlink_ask_on(nl, nlh, take_entry, &entry);
	if (r < 0)
		return r;
	if (!(entry.has & FB_CT_HAS_ORIG))
		return -ENOENT;
	*ret_entry = entry;
	return 0;
}

int fb_ct_ask_probe(struct mnl_socket *nl)
{
	/* A tuple that no connection has: "no such entry" tells that conntrack answers. */
	const struct fb_ct_tuple nobody = {.proto = IPPROTO_UDP, .family = FB_IPV4};
	struct fb_ct entry;
	int r = fb_ct_ask_get(nl, &nobody, 0, &entry);

	return r == -ENOENT ? 0 : r;
}

int fb_ct_ask_delete(struct mnl_socket *nl, const struct fb_ct *entry)
{
	char buf[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = fb_ct_request(buf, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST,
					     address_family(&entry->orig));

	if (!(entry->has & FB_CT_HAS_ORIG) || !(entry->has & FB_CT_HAS_ID))
		return -EINVAL;
	put_tuple(nlh, &entry->orig, entry->zone);
	/* With it the kernel refuses an entry that has the tuple by now. */
	mnl_attr_put_u32(nlh, CTA_ID, htonl(entry->id));
	return fb_netlink_ask_on(nl, nlh, NULL, NULL);
}

int fb_ct_ask_flush(struct mnl_socket *nl)
{
	char buf[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = fb_ct_request(buf, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST, AF_UNSPEC);

	return fb_netlink_ask_on(nl, nlh, NULL, NULL);
}
