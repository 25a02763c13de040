/* SPDX-License-Identifier: BSD-2-Clause */
/* The clsact fallback: libbpf's netlink calls, and a look whether others are in the qdisc. */
#include "kernel/clsact.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/bpf.h"
#include "kernel/netlink.h"

#define PRIORITY 0xf10b
/* The handle tells a later start who made the qdisc. */
#define HANDLE_OURS    0xf1
#define HANDLE_FOREIGN 0xf2

static const uint32_t handles[] = {HANDLE_OURS, HANDLE_FOREIGN};

static enum bpf_tc_attach_point attach_point(enum fb_hook hook)
{
	return hook == FB_HOOK_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

/* The program id of the filter with our priority and this handle, 0 if there is none. */
static uint32_t query(uint32_t ifindex, enum fb_hook hook, uint32_t handle)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex, .attach_point = attach_point(hook));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = PRIORITY);

	return bpf_tc_query(&at, &opts) < 0 ? 0 : opts.prog_id;
}

bool fb_clsact_residue_owns_qdisc(uint32_t ifindex, enum fb_hook hook)
{
	return query(ifindex, hook, HANDLE_OURS) != 0;
}

/* Asking for a program's name by id takes CAP_SYS_ADMIN: without it priority and handle decide. */
static bool is_foreign(uint32_t prog_id)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id);
	int r;

	if (fd < 0)
		return false;
	r = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return r == 0 && strncmp(info.name, "flowbpf_", 8) != 0;
}

struct asked {
	uint32_t ifindex;
	bool ingress;
};

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct asked *asked = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWQDISC || tcm->tcm_parent != TC_H_INGRESS ||
	    tcm->tcm_ifindex != (int)asked->ifindex)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*tcm))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			asked->ingress = !strcmp(mnl_attr_get_str(attr), "ingress");
	}
	return MNL_CB_OK;
}

/* By a list of all: asked for alone, the kernel tells it to who follows qdiscs. */
static bool is_ingress(uint32_t ifindex)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct asked asked = {ifindex, false};

	nlh->nlmsg_type = RTM_GETQDISC;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	fb_netlink_ask(NETLINK_ROUTE, nlh, on_qdisc, &asked);
	return asked.ingress;
}

int fb_clsact_open(uint32_t ifindex, bool *ret_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r = bpf_tc_hook_create(&at);

	if (r < 0 && r != -EEXIST)
		return r;
	if (r == -EEXIST && is_ingress(ifindex))
		return -EADDRINUSE;
	*ret_ours = r == 0 || fb_clsact_residue_owns_qdisc(ifindex, FB_HOOK_INGRESS) ||
		    fb_clsact_residue_owns_qdisc(ifindex, FB_HOOK_EGRESS);
	return 0;
}

int fb_clsact_attach(uint32_t ifindex, enum fb_hook hook, int prog_fd, bool qdisc_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex, .attach_point = attach_point(hook));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = qdisc_ours ? HANDLE_OURS : HANDLE_FOREIGN,
		    .priority = PRIORITY, .prog_fd = prog_fd, .flags = BPF_TC_F_REPLACE);
	const uint32_t there = query(ifindex, hook, opts.handle);

	if (there && is_foreign(there))
		return -EEXIST;
	return bpf_tc_attach(&at, &opts);
}

int fb_clsact_detach(uint32_t ifindex, enum fb_hook hook)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex, .attach_point = attach_point(hook));
	int removed = 0;

	for (unsigned int i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handles[i], .priority = PRIORITY);
		const uint32_t there = query(ifindex, hook, handles[i]);

		if (there && !is_foreign(there) && bpf_tc_detach(&at, &opts) == 0)
			removed = 1;
	}
	return removed;
}

int fb_clsact_check(uint32_t ifindex, enum fb_hook hook, uint32_t prog_id)
{
	for (unsigned int i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
		if (query(ifindex, hook, handles[i]) == prog_id)
			return 0;
	return -ENOENT;
}

static int count_filter(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	(*(unsigned int *)data)++;
	return MNL_CB_OK;
}

static int count_filters(uint32_t ifindex, uint32_t parent, unsigned int *count)
{
	char buf[FB_NETLINK_BUFFER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm;

	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	return fb_netlink_ask(NETLINK_ROUTE, nlh, count_filter, count);
}

int fb_clsact_close(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	unsigned int left = 0;
	int r = count_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), &left);

	if (r == 0)
		r = count_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), &left);
	if (r < 0 || left)
		return r;
	return bpf_tc_hook_destroy(&at);
}
