/* SPDX-License-Identifier: BSD-2-Clause */
/* RTM_GETQDISC: struct tcmsg, then TCA_STATS2 { TCA_STATS_QUEUE struct gnet_stats_queue }. */
#include "kernel/qdisc.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/netlink.h"

struct telling {
	void (*fn)(void *ctx, const struct fb_qdisc *qdisc);
	void *ctx;
};

static void take_stats(const struct nlattr *stats, struct fb_qdisc *qdisc)
{
	const struct nlattr *attr;
	struct gnet_stats_queue queue;

	mnl_attr_for_each_nested(attr, stats)
	{
		if (mnl_attr_get_type(attr) != TCA_STATS_QUEUE ||
		    mnl_attr_get_payload_len(attr) < sizeof(queue))
			continue;
		memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
		qdisc->drops = queue.drops;
	}
}

static int take(const struct nlmsghdr *nlh, void *data)
{
	const struct telling *telling = data;
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct fb_qdisc qdisc;

	if (nlh->nlmsg_type != RTM_NEWQDISC || mnl_nlmsg_get_payload_len(nlh) < sizeof(*tc) ||
	    tc->tcm_parent != TC_H_ROOT)
		return MNL_CB_OK;
	qdisc = (struct fb_qdisc){.ifindex = (uint32_t)tc->tcm_ifindex, .handle = tc->tcm_handle};
	mnl_attr_for_each(attr, nlh, sizeof(*tc)) if (mnl_attr_get_type(attr) == TCA_STATS2)
		take_stats(attr, &qdisc);
	telling->fn(telling->ctx, &qdisc);
	return MNL_CB_OK;
}

int fb_qdisc_roots(void (*fn)(void *ctx, const struct fb_qdisc *qdisc), void *ctx)
{
	struct telling telling = {fn, ctx};
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_GETQDISC;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	return fb_netlink_ask(NETLINK_ROUTE, nlh, take, &telling);
}
