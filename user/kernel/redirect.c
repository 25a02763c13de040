/* SPDX-License-Identifier: BSD-2-Clause */
/* cls_bpf with act_mirred: libbpf makes none that has an action, so the request is ours. */
#include "kernel/redirect.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <string.h>

#include "kernel/capture.h"
#include "kernel/clsact.h"
#include "kernel/netlink.h"

/* Behind the data path where that is a filter, too; which of them tells whose the qdisc is. */
#define PRIORITY_OURS	 0xf10c
#define PRIORITY_FOREIGN 0xf10d

static const uint32_t priorities[] = {PRIORITY_OURS, PRIORITY_FOREIGN};
static const enum bpf_tc_attach_point hooks[] = {BPF_TC_INGRESS, BPF_TC_EGRESS};

static void put_mirred(struct nlmsghdr *nlh, uint32_t to)
{
	const struct tc_mirred mirred = {
		.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = to};
	struct nlattr *acts = mnl_attr_nest_start(nlh, TCA_BPF_ACT), *options;
	struct nlattr *act = mnl_attr_nest_start(nlh, 1);

	mnl_attr_put_strz(nlh, TCA_ACT_KIND, "mirred");
	options = mnl_attr_nest_start(nlh, TCA_ACT_OPTIONS);
	mnl_attr_put(nlh, TCA_MIRRED_PARMS, sizeof(mirred), &mirred);
	mnl_attr_nest_end(nlh, options);
	mnl_attr_nest_end(nlh, act);
	mnl_attr_nest_end(nlh, acts);
}

static int add(uint32_t ifindex, unsigned int hook, int prog_fd, uint32_t to, uint32_t priority)
{
	const uint32_t minor = hooks[hook] == BPF_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
	char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *options;
	struct tcmsg *tcm;

	nlh->nlmsg_type = RTM_NEWTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_handle = to;
	tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
	tcm->tcm_info = TC_H_MAKE(priority << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	put_mirred(nlh, to);
	mnl_attr_put_u32(nlh, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(nlh, TCA_BPF_NAME, "flowbpf_limit");
	mnl_attr_nest_end(nlh, options);
	return fb_netlink_ask(NETLINK_ROUTE, nlh, NULL, NULL);
}

/* With whatever the qdisc is called that has the place. */
static int refuse(uint32_t ifindex, int r, struct fb_why *why)
{
	char name[IF_NAMESIZE] = "?";

	if_indextoname(ifindex, name);
	if (r == -EADDRINUSE)
		return fb_why_set(why, r,
				  "%s has an \"ingress\" qdisc of another program, where a limit "
				  "needs \"clsact\": end that program, or \"tc qdisc del dev %s "
				  "ingress\"",
				  name, name);
	if (r == -ENOENT)
		return fb_why_set(why, r,
				  "%s: this kernel lacks cls_bpf or act_mirred, which limits need: "
				  "\"modprobe -a cls_bpf act_mirred\"",
				  name);
	return fb_why_set(why, r, "%s: cannot redirect what is limited: %s", name, strerror(-r));
}

int fb_redirect_start(uint32_t ifindex, int prog_fd, uint32_t to, bool *ret_qdisc_ours,
		      struct fb_why *why)
{
	int r;

	fb_capture_start();
	r = fb_clsact_open(ifindex, ret_qdisc_ours);
	for (unsigned int i = 0; r == 0 && i < 2; i++)
		r = add(ifindex, i, prog_fd, to,
			*ret_qdisc_ours ? PRIORITY_OURS : PRIORITY_FOREIGN);
	fb_capture_stop();
	if (r == 0)
		return 0;
	fb_redirect_stop(ifindex, to);
	return refuse(ifindex, r, why);
}

static bool has(uint32_t ifindex, unsigned int hook, uint32_t to, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex, .attach_point = hooks[hook]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = to, .priority = priority);

	return bpf_tc_query(&at, &opts) == 0;
}

bool fb_redirect_is_there(uint32_t ifindex, uint32_t to, bool qdisc_ours)
{
	const uint32_t priority = qdisc_ours ? PRIORITY_OURS : PRIORITY_FOREIGN;
	bool there;

	fb_capture_start();
	there = has(ifindex, 0, to, priority) && has(ifindex, 1, to, priority);
	fb_capture_stop();
	return there;
}

void fb_redirect_stop(uint32_t ifindex, uint32_t to)
{
	bool ours = false;

	fb_capture_start();
	for (unsigned int i = 0; i < 4; i++) {
		LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex, .attach_point = hooks[i & 1]);
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = to, .priority = priorities[i >> 1]);

		if (!has(ifindex, i & 1, to, priorities[i >> 1]))
			continue;
		ours |= priorities[i >> 1] == PRIORITY_OURS;
		bpf_tc_detach(&at, &opts);
	}
	if (ours)
		fb_clsact_close(ifindex);
	fb_capture_stop();
}
