/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of one interface. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/attach.h"
#include "kernel/lock.h"
#include "kernel/probe_priv.h"
#include "util/cleanup.h"

static int ask_device(const char *ifname, unsigned long request, struct ifreq *ifr)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", ifname);
	return ioctl(fd, request, ifr) < 0 ? -errno : 0;
}

void fb_check_device(struct fb_probe *probe, const char *ifname)
{
	struct ifreq type = {0}, flags = {0}, mtu = {0};
	int l2_len;

	if (ask_device(ifname, SIOCGIFHWADDR, &type) < 0 ||
	    ask_device(ifname, SIOCGIFFLAGS, &flags) < 0 ||
	    ask_device(ifname, SIOCGIFMTU, &mtu) < 0) {
		fb_probe_set(probe, FB_PROBE_BAD, ifname, "there is no such interface", "ip link");
		return;
	}
	l2_len = fb_attach_l2_len(type.ifr_hwaddr.sa_family);
	snprintf(probe->value, sizeof(probe->value), "%s, MTU %d, %s", ifname, mtu.ifr_mtu,
		 l2_len ? "Ethernet" : "IP without link header");
	if (l2_len < 0)
		fb_probe_set(probe, FB_PROBE_BAD, NULL,
			     "devices of this link type carry no IP "
			     "that could be read",
			     "");
	else if (!(flags.ifr_flags & IFF_UP))
		fb_probe_set(probe, FB_PROBE_WARN, NULL, "it is down: nothing will be seen", "");
	else
		fb_probe_set(probe, FB_PROBE_OK, NULL, "can be attached", "");
}

void fb_check_attached(struct fb_probe *probe, const char *ifname)
{
	const unsigned int ifindex = if_nametoindex(ifname);
	const pid_t owner = fb_lock_owner(ifindex);
	__u32 ids[64], ingress = 64, egress = 64;

	if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)46, 0, NULL, ids, &ingress) < 0)
		ingress = 0;
	if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)47, 0, NULL, ids, &egress) < 0)
		egress = 0;
	snprintf(probe->value, sizeof(probe->value), "TCX programs: %u ingress, %u egress", ingress,
		 egress);
	if (owner >= 0) {
		snprintf(probe->sentence, sizeof(probe->sentence), "flowbpf runs on it, pid %d",
			 (int)owner);
		probe->state = FB_PROBE_INFO;
		return;
	}
	fb_probe_set(probe, FB_PROBE_INFO, NULL,
		     owner == -EACCES ? "root can tell whether flowbpf runs on it"
				      : "flowbpf does not run on it",
		     "");
}

static const struct offload {
	const char *name;
	__u32 command, flag; /* flag: a bit of ETHTOOL_GFLAGS */
	enum fb_probe_state on;
	const char *sentence, *letter;
} offloads[] = {
	{"GRO", ETHTOOL_GGRO, 0, FB_PROBE_INFO,
	 "merged packets are counted as the segments that they were", "gro"},
	{"GSO", ETHTOOL_GGSO, 0, FB_PROBE_INFO,
	 "large packets are counted as the segments that they become", "gso"},
	{"TSO", ETHTOOL_GTSO, 0, FB_PROBE_INFO,
	 "large packets are counted as the segments that they become", "tso"},
	{"LRO", ETHTOOL_GFLAGS, ETH_FLAG_LRO, FB_PROBE_WARN,
	 "the hardware merges packets and may hide how many there were", "lro"},
};

void fb_check_offload(struct fb_probe *probe, const char *ifname)
{
	const struct offload *at = offloads;
	struct ethtool_value value = {0};
	struct ifreq ifr = {.ifr_data = (char *)&value};
	bool on;

	while (strcmp(at->name, probe->name) != 0)
		at++;
	value.cmd = at->command;
	if (ask_device(ifname, SIOCETHTOOL, &ifr) < 0) {
		fb_probe_set(probe, FB_PROBE_INFO, "unknown", "the device does not say", "");
		return;
	}
	on = at->flag ? value.data & at->flag : value.data != 0;
	fb_probe_set(probe, on ? at->on : FB_PROBE_INFO, on ? "on" : "off",
		     on ? at->sentence : "nothing is merged here", "");
	if (on && at->on == FB_PROBE_WARN)
		snprintf(probe->fix, sizeof(probe->fix), "ethtool -K %.15s %s off", ifname,
			 at->letter);
}
