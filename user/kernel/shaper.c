/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnetlink: RTM_NEWLINK of kind ifb; RTM_NEWQDISC htb with tc_htb_glob; RTM_NEWTCLASS with
 * tc_htb_opt; a bfifo below each class.
 */
#include "kernel/shaper.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flowbpf/verdict.h>

#include "kernel/lock.h"
#include "kernel/netlink.h"
#include "kernel/redirect.h"
#include "util/cleanup.h"

#define ANY_RATE   400000000000ull
#define TICK_SHIFT 6 /* psched: 64 ns */
#define BURST_NS   4000000
#define PACKET	   1600 /* bytes: a burst is one at least */
/* What may wait: a quarter of a second, and some skbs of 64 kB. It is dropped at the tail then. */
#define WAIT_PART  4
#define WAIT_LEAST (256 * 1024)
#define WAIT_MOST  (16 * 1024 * 1024)
#define MARKS	   0x4000 /* of 16 bits, without those of enum fb_limit_mark */

/* --- requests --------------------------------------------------------------------------------- */

struct request {
	char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
};

static void begin_tc(struct request *req, uint16_t type, uint16_t flags, uint32_t ifindex,
		     uint32_t parent, uint32_t handle)
{
	struct tcmsg *tcm;

	req->nlh = mnl_nlmsg_put_header(req->buf);
	req->nlh->nlmsg_type = type;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	tcm = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*tcm));
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	tcm->tcm_handle = handle;
}

static struct ifinfomsg *begin_link(struct request *req, uint16_t type, uint16_t flags)
{
	req->nlh = mnl_nlmsg_put_header(req->buf);
	req->nlh->nlmsg_type = type;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(req->nlh, sizeof(struct ifinfomsg));
}

static int ask(struct request *req)
{
	return fb_netlink_ask(NETLINK_ROUTE, req->nlh, NULL, NULL);
}

/* --- the device ------------------------------------------------------------------------------- */

static int add_device(const char *name)
{
	struct ifinfomsg *link;
	struct request req;
	struct nlattr *info;

	link = begin_link(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	link->ifi_flags = link->ifi_change = IFF_UP;
	mnl_attr_put_strz(req.nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(req.nlh, IFLA_TXQLEN, 1000);
	info = mnl_attr_nest_start(req.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(req.nlh, IFLA_INFO_KIND, "ifb");
	mnl_attr_nest_end(req.nlh, info);
	return ask(&req);
}

/* Who wants to know whose it is reads it there, and the next start. */
static int say_pinned(uint32_t ifindex, const char *pin)
{
	struct request req;

	begin_link(&req, RTM_NEWLINK, 0)->ifi_index = (int)ifindex;
	mnl_attr_put_str(req.nlh, IFLA_IFALIAS, pin);
	return ask(&req);
}

static void remove_device(uint32_t ifindex)
{
	struct request req;

	begin_link(&req, RTM_DELLINK, 0)->ifi_index = (int)ifindex;
	ask(&req);
}

static int add_root(uint32_t ifindex)
{
	const struct tc_htb_glob glob = {.version = 3, .rate2quantum = 10};
	struct nlattr *options;
	struct request req;

	begin_tc(&req, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex, TC_H_ROOT,
		 (uint32_t)FB_LIMIT_MAJOR << 16);
	mnl_attr_put_strz(req.nlh, TCA_KIND, "htb");
	options = mnl_attr_nest_start(req.nlh, TCA_OPTIONS);
	mnl_attr_put(req.nlh, TCA_HTB_INIT, sizeof(glob), &glob);
	mnl_attr_nest_end(req.nlh, options);
	return ask(&req);
}

static int refuse(int r, const char *what, const char *module, struct fb_why *why)
{
	if (r == -EOPNOTSUPP || r == -ENOENT)
		return fb_why_set(why, -EOPNOTSUPP,
				  "limits need %s, which this kernel lacks: \"modprobe %s\"", what,
				  module);
	return fb_why_set(why, r, "cannot make %s for limits: %s", what, strerror(-r));
}

static int start(struct fb_shaper *shaper, struct fb_why *why)
{
	const char *pin = fb_bpf_pin(shaper->bpf);
	char name[IF_NAMESIZE];
	int r;

	snprintf(name, sizeof(name), FB_SHAPER_NAME "%d", (int)getpid());
	r = add_device(name);
	if (r < 0 && r != -EEXIST)
		return refuse(r, "an ifb device", "ifb", why);
	shaper->ifindex = if_nametoindex(name);
	if (!shaper->ifindex)
		return refuse(-errno, "an ifb device", "ifb", why);
	if (pin)
		say_pinned(shaper->ifindex, pin);
	r = add_root(shaper->ifindex);
	if (r < 0) {
		remove_device(shaper->ifindex);
		shaper->ifindex = 0;
		return refuse(r, "an HTB queue", "sch_htb", why);
	}
	__atomic_store_n(&shaper->state->limit_mark,
			 ((uint64_t)getpid() % (MARKS - 1) + 1) * (FB_LIMIT_MARKS + 1),
			 __ATOMIC_SEQ_CST);
	return 0;
}

static void stop(struct fb_shaper *shaper)
{
	__atomic_store_n(&shaper->state->limit_mark, 0, __ATOMIC_SEQ_CST);
	while (shaper->n_links)
		fb_redirect_stop(shaper->link[--shaper->n_links].ifindex, shaper->ifindex);
	if (shaper->ifindex)
		remove_device(shaper->ifindex);
	shaper->ifindex = 0;
	shaper->n_classes = 0;
}

bool fb_shaper_is_lost(struct fb_shaper *shaper)
{
	char name[IF_NAMESIZE];

	if (!shaper->ifindex || if_indextoname(shaper->ifindex, name))
		return false;
	stop(shaper);
	return true;
}

void fb_shaper_open(struct fb_shaper *shaper, struct fb_rowmap *rows)
{
	*shaper = (struct fb_shaper){.bpf = rows->bpf, .state = rows->state};
	__atomic_store_n(&shaper->state->limit_mark, 0, __ATOMIC_SEQ_CST);
	fb_shaper_sweep(fb_bpf_pin(rows->bpf));
}

void fb_shaper_close(struct fb_shaper *shaper, bool keep)
{
	if (shaper->state && !keep)
		stop(shaper);
	*shaper = (struct fb_shaper){0};
}

/* --- classes ---------------------------------------------------------------------------------- */

static struct tc_ratespec ratespec(uint64_t bytes)
{
	return (struct tc_ratespec){
		.linklayer = TC_LINKLAYER_ETHERNET, /* without it a table of 1 kB is wanted */
		.rate = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX,
	};
}

static int put_class(uint32_t ifindex, uint32_t class, uint64_t bytes)
{
	const uint64_t packet_ns = PACKET * 1000000000ull / bytes;
	const uint32_t burst =
		(uint32_t)((packet_ns > BURST_NS ? packet_ns : BURST_NS) >> TICK_SHIFT);
	const struct tc_htb_opt opt = {
		.rate = ratespec(bytes),
		.ceil = ratespec(bytes),
		.buffer = burst,
		.cbuffer = burst,
		.quantum = 65536,
	};
	struct nlattr *options;
	struct request req;

	begin_tc(&req, RTM_NEWTCLASS, NLM_F_CREATE, ifindex, (uint32_t)FB_LIMIT_MAJOR << 16, class);
	mnl_attr_put_strz(req.nlh, TCA_KIND, "htb");
	options = mnl_attr_nest_start(req.nlh, TCA_OPTIONS);
	mnl_attr_put(req.nlh, TCA_HTB_PARMS, sizeof(opt), &opt);
	mnl_attr_put_u64(req.nlh, TCA_HTB_RATE64, bytes);
	mnl_attr_put_u64(req.nlh, TCA_HTB_CEIL64, bytes);
	mnl_attr_nest_end(req.nlh, options);
	return ask(&req);
}

static int put_leaf(uint32_t ifindex, uint32_t class, uint64_t bytes)
{
	const uint64_t wait = bytes / WAIT_PART;
	const struct tc_fifo_qopt fifo = {
		.limit = (uint32_t)(wait < WAIT_LEAST  ? WAIT_LEAST
				    : wait > WAIT_MOST ? WAIT_MOST
						       : wait),
	};
	struct request req;

	begin_tc(&req, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, ifindex, class, 0);
	mnl_attr_put_strz(req.nlh, TCA_KIND, "bfifo");
	mnl_attr_put(req.nlh, TCA_OPTIONS, sizeof(fifo), &fifo);
	return ask(&req);
}

int fb_shaper_put(struct fb_shaper *shaper, uint16_t number, bool down, uint64_t rate,
		  struct fb_why *why)
{
	const uint32_t class = fb_limit_class(number, down);
	const uint64_t bytes = (rate ? rate : ANY_RATE) / 8;
	int r = shaper->ifindex ? 0 : start(shaper, why);

	if (r < 0)
		return r;
	r = put_class(shaper->ifindex, class, bytes);
	if (r == 0 && rate)
		r = put_leaf(shaper->ifindex, class, bytes);
	if (r == 0 && rate)
		shaper->n_classes++;
	if (r < 0 && !shaper->n_classes)
		stop(shaper);
	return r < 0 ? refuse(r, "a class of HTB", "sch_htb", why) : 0;
}

void fb_shaper_take(struct fb_shaper *shaper, uint16_t number, bool down)
{
	struct request req;

	if (!shaper->ifindex)
		return;
	begin_tc(&req, RTM_DELTCLASS, 0, shaper->ifindex, 0, fb_limit_class(number, down));
	if (ask(&req) == 0 && --shaper->n_classes == 0)
		stop(shaper);
}

/* --- interfaces ------------------------------------------------------------------------------- */

static bool is_among(uint32_t ifindex, const uint32_t *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i] == ifindex)
			return true;
	return false;
}

static void leave(struct fb_shaper *shaper, unsigned int i)
{
	fb_redirect_stop(shaper->link[i].ifindex, shaper->ifindex);
	shaper->link[i] = shaper->link[--shaper->n_links];
}

static int take_in(struct fb_shaper *shaper, uint32_t ifindex, struct fb_why *why)
{
	struct fb_shaper_link *link = &shaper->link[shaper->n_links];
	int r;

	for (unsigned int i = 0; i < shaper->n_links; i++)
		if (shaper->link[i].ifindex == ifindex)
			return 0;
	if (shaper->n_links == FB_SHAPER_LINKS)
		return -ENOSPC;
	link->ifindex = ifindex;
	r = fb_redirect_start(ifindex, fb_bpf_prog_fd(shaper->bpf, FB_PROG_LIMIT), shaper->ifindex,
			      &link->qdisc_ours, why);
	if (r == 0)
		shaper->n_links++;
	return r;
}

void fb_shaper_check(struct fb_shaper *shaper)
{
	for (unsigned int i = shaper->n_links; i-- > 0;)
		if (!fb_redirect_is_there(shaper->link[i].ifindex, shaper->ifindex,
					  shaper->link[i].qdisc_ours))
			leave(shaper, i);
}

int fb_shaper_follow(struct fb_shaper *shaper, const uint32_t *ifindex, unsigned int n,
		     struct fb_why *why)
{
	int result = 0;

	if (!shaper->ifindex)
		return 0;
	for (unsigned int i = shaper->n_links; i-- > 0;)
		if (!is_among(shaper->link[i].ifindex, ifindex, n))
			leave(shaper, i);
	for (unsigned int i = 0; i < n; i++) {
		const int r = take_in(shaper, ifindex[i], why);

		if (r < 0)
			result = r;
	}
	return result;
}

/* --- what others left ------------------------------------------------------------------------- */

#define LEFT_MOST 64 /* at once: the next start has the rest */

struct sweep {
	const char *pin;
	uint32_t left[LEFT_MOST], *all;
	unsigned int n_left, n;
};

/* Another's that is pinned goes on. */
static bool is_left(const struct sweep *sweep, const char *name, const char *alias)
{
	const pid_t pid = (pid_t)strtol(name + strlen(FB_SHAPER_NAME), NULL, 10);

	return pid != getpid() && !fb_lock_is_instance(pid) &&
	       (!*alias || (sweep->pin && !strcmp(alias, sweep->pin)));
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(nlh);
	const char *name = "", *alias = "";
	struct sweep *sweep = data;
	const struct nlattr *attr;
	uint32_t *all;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*link))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == IFLA_IFALIAS)
			alias = mnl_attr_get_str(attr);
	}
	all = reallocarray(sweep->all, sweep->n + 1, sizeof(*all));
	if (!all)
		return MNL_CB_ERROR;
	sweep->all = all;
	sweep->all[sweep->n++] = (uint32_t)link->ifi_index;
	if (fb_shaper_is_name(name) && sweep->n_left < LEFT_MOST && is_left(sweep, name, alias))
		sweep->left[sweep->n_left++] = (uint32_t)link->ifi_index;
	return MNL_CB_OK;
}

int fb_shaper_sweep(const char *pin)
{
	struct sweep sweep = {.pin = pin};
	struct request req;
	int r;

	begin_link(&req, RTM_GETLINK, NLM_F_DUMP)->ifi_family = AF_UNSPEC;
	r = fb_netlink_ask(NETLINK_ROUTE, req.nlh, on_link, &sweep);
	for (unsigned int i = 0; i < sweep.n_left; i++) {
		for (unsigned int k = 0; k < sweep.n; k++)
			fb_redirect_stop(sweep.all[k], sweep.left[i]);
		remove_device(sweep.left[i]);
	}
	free(sweep.all);
	return r < 0 ? r : (int)sweep.n_left;
}
