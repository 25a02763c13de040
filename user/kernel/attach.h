/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs on one interface: TCX links, else filters on clsact. Never touches a qdisc, filter
 * or link that is not ours. Loopback is attached on ingress only: each packet is there once.
 * Used by one thread (the engine); works after privileges were given up (CAP_NET_ADMIN is enough).
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/link.h>

#include "kernel/bpf.h"
#include "kernel/xdp.h"

enum fb_attach_kind {
	FB_ATTACH_NONE,
	FB_ATTACH_TCX,
	FB_ATTACH_CLSACT,
	FB_ATTACH_REPLAY, /* to no interface: a capture's frames are fed to the programs */
};

struct fb_attach {
	struct fb_bpf *bpf; /* borrowed */
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	uint16_t link; /* number of the interface in keys */
	uint16_t l2_len;
	enum fb_attach_kind kind;
	bool hooks[2];	 /* by enum fb_hook: attached */
	int link_fd[2];	 /* TCX, else -1 */
	bool qdisc_ours; /* clsact: we made the qdisc, so we remove it once it is empty */
	bool adopted;	 /* went on from a pinned link: no packet was missed */
	bool locked;
	struct fb_xdp_hook xdp;
};

/* "tcx", "clsact", "replay", "none" */
const char *fb_attach_kind_name(enum fb_attach_kind kind);

/*
 * Lock the interface, register it in fb_links and attach. `link` is 1 .. FB_LINK_MAX - 1.
 * -EBUSY: another instance is attached (why names its pid); -EADDRINUSE: fb_links has another
 * interface in the same entry; -ENODEV: no such interface. On failure nothing stays.
 */
int fb_attach_start(struct fb_attach *attach, struct fb_bpf *bpf, uint32_t ifindex, uint16_t link,
		    struct fb_why *why);

/* Detach; with pinning, leave the pinned links in place if `keep_pinned`. */
void fb_attach_stop(struct fb_attach *attach, bool keep_pinned);

/*
 * The number that an earlier run gave to this interface in adopted maps, 0 if none: its rows carry
 * it, so it has to be given again.
 */
uint16_t fb_attach_known_link(const struct fb_bpf *bpf, uint32_t ifindex);

/*
 * Remove what a killed instance left on this interface: its clsact filters, and its qdisc if
 * nothing else is in it. Returns how many filters went.
 */
int fb_attach_sweep(uint32_t ifindex);

/* Ask the kernel: 0 all is in place, -ESTALE somebody detached us (stop and start again), -ENODEV.
 */
int fb_attach_check(struct fb_attach *attach);

/* For tests and `--hook clsact`: do not try TCX. For all later fb_attach_start. */
void fb_attach_force_clsact(bool force);

/* For all later fb_attach_start: XDP beside; borrowed until the last fb_attach_stop. */
void fb_attach_use_xdp(const struct fb_xdp *xdp);

/* Bytes of link header for an ARPHRD_* type: 14, or 0 for L3 devices; -EOPNOTSUPP for others. */
int fb_attach_l2_len(unsigned int arphrd);
