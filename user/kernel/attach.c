/* SPDX-License-Identifier: BSD-2-Clause */
/* One interface: lock, number, hook. Undone in the reverse order, from wherever it got to. */
#include "kernel/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/capture.h"
#include "kernel/clsact.h"
#include "kernel/lock.h"
#include "kernel/pin.h"
#include "util/cleanup.h"

/* linux/bpf.h of Debian 12 is older than TCX (6.6); so is its libbpf, but for bpf_link_create. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS  47
#define LINK_TYPE_TCX	   11
#define BEFORE_ALL	   (1u << 3) /* BPF_F_BEFORE, without saying whom */

static bool tcx_is_off;
static const struct fb_xdp *xdp; /* NULL: nobody asked */

static const enum fb_prog hook_prog[] = {
	[FB_HOOK_INGRESS] = FB_PROG_INGRESS,
	[FB_HOOK_EGRESS] = FB_PROG_EGRESS,
};

const char *fb_attach_kind_name(enum fb_attach_kind kind)
{
	static const char *const names[] = {"none", "tcx", "clsact", "replay"};

	return names[kind];
}

void fb_attach_force_clsact(bool force)
{
	tcx_is_off = force;
}

void fb_attach_use_xdp(const struct fb_xdp *use)
{
	xdp = use;
}

int fb_attach_l2_len(unsigned int arphrd)
{
	static const struct {
		unsigned int arphrd;
		int l2_len;
	} types[] = {
		{ARPHRD_ETHER, 14}, {ARPHRD_LOOPBACK, 14}, {ARPHRD_IEEE80211, 14}, {ARPHRD_NONE, 0},
		{ARPHRD_PPP, 0},    {ARPHRD_TUNNEL, 0},	   {ARPHRD_TUNNEL6, 0},	   {ARPHRD_SIT, 0},
		{ARPHRD_IPGRE, 0},  {823 /* IP6GRE */, 0}, {519 /* RAWIP */, 0},   {ARPHRD_VOID, 0},
	};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].arphrd == arphrd)
			return types[i].l2_len;
	return -EOPNOTSUPP;
}

/* Name and type of the interface as it is now. */
static int look_up(struct fb_attach *attach, bool *ret_loopback, struct fb_why *why)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};
	int l2_len;

	if (fd < 0)
		return fb_why_set(why, -errno, "no socket: %m");
	if (!if_indextoname(attach->ifindex, attach->name))
		return fb_why_set(why, -ENODEV, "there is no interface %u", attach->ifindex);
	memcpy(request.ifr_name, attach->name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return fb_why_set(why, -ENODEV, "%s: %m", attach->name);
	l2_len = fb_attach_l2_len(request.ifr_hwaddr.sa_family);
	if (l2_len < 0)
		return fb_why_set(why, l2_len,
				  "%s: devices of link type %u carry no IP that could "
				  "be read",
				  attach->name, request.ifr_hwaddr.sa_family);
	attach->l2_len = (uint16_t)l2_len;
	*ret_loopback = request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
	return 0;
}

static int get_link(const struct fb_bpf *bpf, uint32_t ifindex, struct fb_link *ret_entry)
{
	const __u32 index = ifindex % FB_LINK_ENTRIES;

	return bpf_map_lookup_elem(fb_bpf_map_fd(bpf, FB_MAP_LINKS), &index, ret_entry) < 0 ? -errno
											    : 0;
}

static int put_link(const struct fb_bpf *bpf, uint32_t ifindex, const struct fb_link *entry)
{
	const __u32 index = ifindex % FB_LINK_ENTRIES;

	return bpf_map_update_elem(fb_bpf_map_fd(bpf, FB_MAP_LINKS), &index, entry, BPF_ANY) < 0
		       ? -errno
		       : 0;
}

uint16_t fb_attach_known_link(const struct fb_bpf *bpf, uint32_t ifindex)
{
	struct fb_link entry;

	if (get_link(bpf, ifindex, &entry) < 0 || entry.ifindex != ifindex)
		return 0;
	return entry.link;
}

static struct fb_link entry_of(const struct fb_attach *attach)
{
	return (struct fb_link){
		.ifindex = attach->ifindex,
		.link = attach->link,
		.l2_len = (uint8_t)attach->l2_len,
		.xdp = attach->xdp.link >= 0,
	};
}

static int enter_link(struct fb_attach *attach, struct fb_why *why)
{
	const struct fb_link entry = entry_of(attach);
	char name[IF_NAMESIZE];
	struct fb_link there;
	int r = get_link(attach->bpf, attach->ifindex, &there);

	/* An entry whose interface is gone was left by an earlier run, in adopted maps. */
	if (r == 0 && there.ifindex && there.ifindex != attach->ifindex &&
	    if_indextoname(there.ifindex, name))
		return fb_why_set(
			why, -EADDRINUSE,
			"%s: its number %u shares the low 16 bits with that of %s: the two "
			"cannot be attached together",
			attach->name, attach->ifindex, name);
	if (r == 0)
		r = put_link(attach->bpf, attach->ifindex, &entry);
	return r < 0 ? fb_why_set(why, r, "%s: cannot register the interface: %s", attach->name,
				  strerror(-r))
		     : 0;
}

static void leave_link(struct fb_attach *attach)
{
	const struct fb_link none = {0};

	if (fb_attach_known_link(attach->bpf, attach->ifindex) == attach->link)
		put_link(attach->bpf, attach->ifindex, &none);
}

/* The ifindex that a TCX link sits on, 0 once it was detached or its interface went. */
static int tcx_ifindex(int link_fd, uint32_t *ret_ifindex)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link_fd, &info, &len) < 0)
		return -errno;
	if (info.type != LINK_TYPE_TCX)
		return -EPROTO;
	/* The union's tcx begins as its xdp does, which this header knows. */
	*ret_ifindex = info.xdp.ifindex;
	return 0;
}

/* Go on from a link that an earlier run pinned: its program is replaced, no packet is missed. */
static int adopt_tcx(struct fb_attach *attach, enum fb_hook hook, const char *path)
{
	_cleanup_close_ int fd = bpf_obj_get(path);
	uint32_t ifindex = 0;

	if (fd < 0)
		return -errno;
	if (tcx_ifindex(fd, &ifindex) < 0 || ifindex != attach->ifindex) {
		unlink(path); /* ours by its name, and dead */
		return -ENOENT;
	}
	if (bpf_link_update(fd, fb_bpf_prog_fd(attach->bpf, hook_prog[hook]), NULL) < 0)
		return -errno;
	attach->link_fd[hook] = TAKE_FD(fd);
	attach->adopted = true;
	return 0;
}

static int attach_tcx(struct fb_attach *attach, enum fb_hook hook)
{
	const int type = hook == FB_HOOK_INGRESS ? ATTACH_TCX_INGRESS : ATTACH_TCX_EGRESS;
	/* first: another program may end the chain, and what it lets pass would pass unseen */
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = BEFORE_ALL);
	const char *pin = fb_bpf_pin(attach->bpf);
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r;

	if (pin && fb_pin_link_path(pin, attach->ifindex, (enum fb_pin_link)hook, path) < 0)
		return -ENAMETOOLONG;
	if (pin) {
		r = adopt_tcx(attach, hook, path);
		if (r != -ENOENT)
			return r;
	}
	fd = bpf_link_create(fb_bpf_prog_fd(attach->bpf, hook_prog[hook]), (int)attach->ifindex,
			     (enum bpf_attach_type)type, &opts);
	if (fd < 0)
		return -errno;
	if (pin && bpf_obj_pin(fd, path) < 0)
		return -errno;
	attach->link_fd[hook] = TAKE_FD(fd);
	return 0;
}

static void detach_tcx(struct fb_attach *attach, bool keep_pinned)
{
	const char *pin = fb_bpf_pin(attach->bpf);
	char path[PATH_MAX];

	for (unsigned int hook = 0; hook < 2; hook++) {
		if (attach->link_fd[hook] < 0)
			continue;
		/* Closing the last reference detaches too, but only a grace period later. */
		if (!pin || !keep_pinned)
			bpf_link_detach(attach->link_fd[hook]);
		close(TAKE_FD(attach->link_fd[hook]));
		if (pin && !keep_pinned &&
		    fb_pin_link_path(pin, attach->ifindex, (enum fb_pin_link)hook, path) == 0)
			unlink(path);
	}
}

static void detach_clsact(struct fb_attach *attach)
{
	for (unsigned int hook = 0; hook < 2; hook++)
		if (attach->hooks[hook])
			fb_clsact_detach(attach->ifindex, (enum fb_hook)hook);
	if (attach->qdisc_ours)
		fb_clsact_close(attach->ifindex);
	attach->qdisc_ours = false;
}

static void detach_hooks(struct fb_attach *attach, bool keep_pinned)
{
	if (attach->kind == FB_ATTACH_TCX)
		detach_tcx(attach, keep_pinned);
	/* A filter outlives us by itself: that is what pinning wants. */
	if (attach->kind == FB_ATTACH_CLSACT && !(keep_pinned && fb_bpf_pin(attach->bpf)))
		detach_clsact(attach);
	attach->hooks[0] = attach->hooks[1] = false;
	attach->kind = FB_ATTACH_NONE;
}

static int attach_hooks(struct fb_attach *attach, enum fb_attach_kind kind, bool loopback)
{
	int r = 0;

	attach->kind = kind;
	if (kind == FB_ATTACH_CLSACT)
		r = fb_clsact_open(attach->ifindex, &attach->qdisc_ours);
	for (unsigned int hook = 0; r == 0 && hook < (loopback ? 1 : 2); hook++) {
		r = kind == FB_ATTACH_TCX
			    ? attach_tcx(attach, (enum fb_hook)hook)
			    : fb_clsact_attach(attach->ifindex, (enum fb_hook)hook,
					       fb_bpf_prog_fd(attach->bpf, hook_prog[hook]),
					       attach->qdisc_ours);
		attach->hooks[hook] = r == 0;
	}
	if (r < 0)
		detach_hooks(attach, false);
	return r;
}

static int attach_any(struct fb_attach *attach, bool loopback, struct fb_why *why)
{
	int r = -EOPNOTSUPP;

	if (!tcx_is_off)
		r = attach_hooks(attach, FB_ATTACH_TCX, loopback);
	if (r == 0) {
		/* What a killed instance left on clsact would count every packet twice. */
		fb_attach_sweep(attach->ifindex);
		return 0;
	}
	/* Only these say that the kernel has no TCX; a version number would not. */
	if (r == -EINVAL || r == -EOPNOTSUPP)
		r = attach_hooks(attach, FB_ATTACH_CLSACT, loopback);
	if (r == -EPERM)
		return fb_why_set(why, r, "%s: attaching is not permitted: it takes CAP_NET_ADMIN",
				  attach->name);
	if (r == -EEXIST)
		return fb_why_set(why, r,
				  "%s: its clsact qdisc has another program's filter with "
				  "our priority and handle",
				  attach->name);
	if (r == -EADDRINUSE)
		return fb_why_set(why, r,
				  "%s: its \"ingress\" qdisc, another program's, is where this "
				  "kernel needs \"clsact\"",
				  attach->name);
	if (r < 0)
		return fb_why_set(why, r, "%s: cannot attach: %s", attach->name, strerror(-r));
	return 0;
}

/* TC has to know what XDP has seen before it. */
static void look_after_xdp(struct fb_attach *attach)
{
	struct fb_link entry;

	fb_xdp_check(xdp, &attach->xdp, attach->ifindex, attach->name);
	entry = entry_of(attach);
	put_link(attach->bpf, attach->ifindex, &entry);
}

static void undo(struct fb_attach *attach)
{
	if (attach->locked)
		fb_lock_drop(attach->ifindex);
	attach->locked = false;
}

int fb_attach_start(struct fb_attach *attach, struct fb_bpf *bpf, uint32_t ifindex, uint16_t link,
		    struct fb_why *why)
{
	bool loopback = false;
	int r;

	*attach = (struct fb_attach){
		.bpf = bpf,
		.ifindex = ifindex,
		.link = link,
		.link_fd = {-1, -1},
		.xdp = {.link = -1},
	};
	if (link == 0 || link >= FB_LINK_MAX)
		return fb_why_set(why, -ERANGE, "at most %d interfaces can be attached",
				  FB_LINK_MAX - 1);
	r = look_up(attach, &loopback, why);
	if (r < 0)
		return r;
	r = fb_lock_take(ifindex, attach->name, why);
	if (r < 0)
		return r;
	attach->locked = true;
	r = enter_link(attach, why);
	if (r < 0) {
		undo(attach);
		return r;
	}
	fb_capture_start();
	r = attach_any(attach, loopback, why);
	fb_capture_stop();
	if (r < 0) {
		leave_link(attach);
		undo(attach);
	} else if (xdp) {
		fb_xdp_attach(xdp, &attach->xdp, ifindex, attach->name);
		look_after_xdp(attach);
	}
	return r;
}

void fb_attach_stop(struct fb_attach *attach, bool keep_pinned)
{
	if (attach->kind == FB_ATTACH_NONE)
		return;
	if (xdp)
		fb_xdp_detach(xdp, &attach->xdp, attach->ifindex, keep_pinned);
	fb_capture_start();
	detach_hooks(attach, keep_pinned);
	fb_capture_stop();
	if (!(keep_pinned && fb_bpf_pin(attach->bpf)))
		leave_link(attach);
	undo(attach);
}

static int check_hook(const struct fb_attach *attach, enum fb_hook hook)
{
	struct fb_prog_info info;
	uint32_t ifindex = 0;
	int r;

	if (attach->kind == FB_ATTACH_TCX) {
		r = tcx_ifindex(attach->link_fd[hook], &ifindex);
		if (r < 0)
			return r;
		return ifindex == attach->ifindex ? 0 : -ESTALE;
	}
	r = fb_bpf_prog_info(attach->bpf, hook_prog[hook], &info);
	if (r < 0)
		return r;
	r = fb_clsact_check(attach->ifindex, hook, info.id);
	return r == -ENOENT ? -ESTALE : r;
}

int fb_attach_check(struct fb_attach *attach)
{
	char name[IF_NAMESIZE];
	int r = 0;

	if (attach->kind == FB_ATTACH_NONE)
		return -ESTALE;
	/* Short of file descriptors it cannot be told: that is no reason to give the link up. */
	if (!if_indextoname(attach->ifindex, name))
		return errno == ENXIO || errno == ENODEV ? -ENODEV : -errno;
	memcpy(attach->name, name, sizeof(name));
	fb_capture_start();
	for (unsigned int hook = 0; r == 0 && hook < 2; hook++)
		if (attach->hooks[hook])
			r = check_hook(attach, (enum fb_hook)hook);
	fb_capture_stop();
	if (r == 0 && xdp)
		look_after_xdp(attach);
	return r;
}

int fb_attach_sweep(uint32_t ifindex)
{
	bool qdisc_ours = false;
	int removed = 0;

	fb_capture_start();
	for (unsigned int hook = 0; hook < 2; hook++) {
		qdisc_ours |= fb_clsact_residue_owns_qdisc(ifindex, (enum fb_hook)hook);
		removed += fb_clsact_detach(ifindex, (enum fb_hook)hook);
	}
	if (qdisc_ours)
		fb_clsact_close(ifindex);
	fb_capture_stop();
	return removed;
}
