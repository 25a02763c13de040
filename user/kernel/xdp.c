/* SPDX-License-Identifier: BSD-2-Clause */
/* Load it by the maps that there are; attach, adopt, look after its links. */
#include "kernel/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/capture.h"
#include "kernel/pin.h"
#include "kernel/xdpowner.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "xdp.skel.h"

#define PROGRAM "flowbpf_xdp"

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

/* Links keep the program and its maps: of the object's descriptors one is needed. */
static int load(struct fb_xdp *xdp)
{
	size_t size;
	const void *elf = xdp__elf_bytes(&size);
	_cleanup_(close_object) struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	int r;

	if (!object)
		return -errno;
	r = fb_bpf_lend(xdp->bpf, object);
	if (r == 0)
		r = bpf_object__load(object);
	if (r < 0)
		return r;
	r = fcntl(bpf_program__fd(bpf_object__find_program_by_name(object, PROGRAM)),
		  F_DUPFD_CLOEXEC, 0);
	if (r < 0)
		return -errno;
	xdp->prog = r;
	return 0;
}

void fb_xdp_open(struct fb_xdp *xdp, const struct fb_bpf *bpf, bool wanted)
{
	char line[160];
	int r;

	*xdp = (struct fb_xdp){.bpf = bpf, .wanted = wanted, .prog = -1};
	if (!wanted)
		return;
	fb_capture_start();
	r = load(xdp);
	if (fb_capture_has_verifier_log())
		fb_capture_verdict(line, sizeof(line));
	else
		fb_capture_first_line(line, sizeof(line));
	fb_capture_stop();
	if (r < 0)
		snprintf(xdp->why, sizeof(xdp->why), "the kernel refused the XDP program: %s",
			 line[0] ? line : strerror(-r));
}

void fb_xdp_close(struct fb_xdp *xdp)
{
	if (xdp->bpf && xdp->prog >= 0)
		close(TAKE_FD(xdp->prog));
}

/* The interface that a link sits on, 0 once it was detached or its interface went. */
static uint32_t link_ifindex(int link)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &len) < 0 || info.type != BPF_LINK_TYPE_XDP)
		return 0;
	return info.xdp.ifindex;
}

static bool pin_path(const struct fb_xdp *xdp, uint32_t ifindex, char path[PATH_MAX])
{
	const char *pin = fb_bpf_pin(xdp->bpf);

	return pin && fb_pin_link_path(pin, ifindex, FB_PIN_XDP, path) == 0;
}

/* False: there is none to go on from. */
static bool adopt(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		  const char *path)
{
	_cleanup_close_ int link = bpf_obj_get(path);

	if (link < 0)
		return false;
	if (xdp->prog < 0 || link_ifindex(link) != ifindex ||
	    bpf_link_update(link, xdp->prog, NULL) < 0) {
		bpf_link_detach(link);
		unlink(path); /* ours by its name */
		return false;
	}
	hook->link = TAKE_FD(link);
	return true;
}

/* Whose program it is the first look tells best: later ones are not root's. */
static void tell(struct fb_xdp_hook *hook, uint32_t ifindex, const char *name, int error)
{
	const uint32_t taken = error == -EOPNOTSUPP ? 0 : fb_xdp_program(ifindex);
	char owner[FB_XDP_WHY - 40];

	if (taken && taken == hook->taken)
		return;
	hook->taken = taken;
	if (taken) {
		fb_xdp_owner(taken, ifindex, name, owner, sizeof(owner));
		snprintf(hook->why, sizeof(hook->why), "it has another's XDP, %s", owner);
	} else if (error == -EOPNOTSUPP) {
		snprintf(hook->why, sizeof(hook->why),
			 "its driver has no XDP, and the generic one would drop no sooner than TC "
			 "does: rules are enforced at TC");
	} else {
		snprintf(hook->why, sizeof(hook->why),
			 "its driver refuses XDP (%s), as it may for its MTU, its queues, or LRO: "
			 "rules are enforced at TC",
			 strerror(-error));
	}
	fb_warn("attach", "%s: no XDP: %s", name, hook->why);
}

static int attach(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	char path[PATH_MAX];
	const bool pinned = pin_path(xdp, ifindex, path);
	_cleanup_close_ int link = -1;

	if (pinned && adopt(xdp, hook, ifindex, path))
		return 0;
	if (xdp->prog < 0)
		return 0;
	link = bpf_link_create(xdp->prog, (int)ifindex, BPF_XDP, &opts);
	if (link < 0 || (pinned && bpf_obj_pin(link, path) < 0))
		return -errno;
	hook->link = TAKE_FD(link);
	return 0;
}

void fb_xdp_attach(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		   const char *name)
{
	int r;

	fb_capture_start();
	r = attach(xdp, hook, ifindex);
	fb_capture_stop();
	if (r < 0) {
		tell(hook, ifindex, name, r);
		return;
	}
	hook->taken = 0;
	memcpy(hook->why, xdp->why, sizeof(hook->why));
	if (hook->link >= 0)
		fb_info("attach", "%s: XDP drops what rules shut out", name);
	else if (hook->why[0])
		fb_warn("attach", "%s: no XDP: %s", name, hook->why);
}

void fb_xdp_detach(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		   bool keep_pinned)
{
	char path[PATH_MAX];
	const bool pinned = pin_path(xdp, ifindex, path);

	if (hook->link < 0)
		return;
	/* Closing the last reference detaches too, but only a grace period later. */
	if (!pinned || !keep_pinned)
		bpf_link_detach(hook->link);
	close(TAKE_FD(hook->link));
	if (pinned && !keep_pinned)
		unlink(path);
}

void fb_xdp_check(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		  const char *name)
{
	if (hook->link >= 0 && link_ifindex(hook->link) == ifindex)
		return;
	if (hook->link < 0 && !hook->taken)
		return;
	fb_xdp_detach(xdp, hook, ifindex, false);
	fb_xdp_attach(xdp, hook, ifindex, name);
}

/* --- counts ----------------------------------------------------------------------------------- */

int fb_xdp_count(const struct fb_bpf *bpf, uint16_t number, struct fb_xdp_count *ret_count)
{
	const int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct fb_xdp_count *each = NULL;
	const __u32 index = number;

	*ret_count = (struct fb_xdp_count){0};
	each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fb_bpf_map_fd(bpf, FB_MAP_XDP_RULES), &index, each) < 0)
		return -errno;
	for (int cpu = 0; cpu < cpus; cpu++) {
		const struct fb_xdp_count *one = &each[cpu];

		ret_count->packets += one->packets;
		ret_count->bytes += one->bytes;
		if (one->first && (!ret_count->first || one->first < ret_count->first))
			ret_count->first = one->first;
		if (one->last > ret_count->last)
			ret_count->last = one->last;
	}
	return 0;
}

int fb_xdp_count_clear(const struct fb_bpf *bpf, uint16_t number)
{
	const int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct fb_xdp_count *zero = NULL;
	const __u32 index = number;

	zero = cpus > 0 ? calloc((size_t)cpus, sizeof(*zero)) : NULL;
	if (!zero)
		return -ENOMEM;
	return bpf_map_update_elem(fb_bpf_map_fd(bpf, FB_MAP_XDP_RULES), &index, zero, BPF_ANY) < 0
		       ? -errno
		       : 0;
}
