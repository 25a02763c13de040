/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sockets: events, and dumps in slices. While a dump runs, the kernel has made its next message
 * already when it hands out this one; events read in between are newer than that message, so the
 * entries they tell of are skipped in it ("touched").
 */
#include "kernel/conntrack.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "kernel/ctask.h"
#include "kernel/ctsilent.h"
#include "kernel/netlink.h"
#include "util/clock.h"
#include "util/index.h"
#include "util/cleanup.h"

#define RCVBUF_DEFAULT	   (8u * 1024 * 1024)
#define RCVBUF_MAX_DEFAULT (64u * 1024 * 1024)
#define RESYNC_DEFAULT_S   30
#define REFRESH_NS	   5000000000ull /* between dumps for the sake of silent entries, at least */
#define QUIET_NS	   1000000000ull
#define BUFFER_BYTES	   65536
#define TOUCHED_MAX	   8192 /* reading events pauses beyond */
#define DUMPS_PER_READ	   4	/* messages of 160 entries or so: half a millisecond each */
#define EVENTS_PER_READ	   256
#define DRAINS_MAX	   64 /* times EVENTS_PER_READ */
#define REPEATS_MAX	   3  /* of a dump that was interrupted */

struct fb_conntrack {
	struct fb_conntrack_opts opts;
	struct fb_conntrack_ops ops;
	void *ctx;
	struct mnl_socket *events, *dump, *ask;
	int epoll_fd;
	struct fb_ct_silent silent;
	bool late_listener; /* older entries send no events */
	bool polling;	    /* the kernel sends no events: dump every 5 s instead */
	unsigned int sequence, repeats;
	bool interrupted;    /* the dump that runs */
	bool dump_lost;	     /* a part of it did not arrive */
	uint64_t overrun_ns; /* when last, 0 never */
	uint64_t due_ns;     /* since when a resync is due */
	uint64_t resync_ns;  /* when last, 0 never */
	uint64_t dump_ns;    /* when the last dump began, ... */
	uint64_t dump_took;  /* ... and how long the last whole one took */
	bool dumped;	     /* once, whole */
	struct fb_conntrack_stats stats;
	struct fb_index touched; /* ids of entries that events told of */
	_Alignas(8) char buffer[BUFFER_BYTES];
};

static void want_resync(struct fb_conntrack *ct)
{
	if (!ct->stats.resync_due)
		ct->due_ns = fb_monotonic_ns();
	ct->stats.resync_due = true;
}

static bool is_touched(const struct fb_conntrack *ct, uint32_t id)
{
	struct fb_index_it it = fb_index_begin(fb_hash(&id, sizeof(id), 0));
	uint32_t known;

	while (fb_index_next(&ct->touched, &it, &known))
		if (known == id)
			return true;
	return false;
}

/* An id of ~0 is never found, which costs one stale second at most. */
static void touch(struct fb_conntrack *ct, uint32_t id)
{
	/* Without memory the dump may tell what is old: so another one has to come. */
	if (id != FB_NONE && !is_touched(ct, id) &&
	    fb_index_add(&ct->touched, fb_hash(&id, sizeof(id), 0), id) < 0)
		ct->dump_lost = true;
}

static int start_dump(struct fb_conntrack *ct)
{
	char buf[64] __attribute__((aligned(8)));
	struct nlmsghdr *nlh =
		fb_ct_request(buf, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP, AF_UNSPEC);

	nlh->nlmsg_seq = ++ct->sequence;
	if (mnl_socket_sendto(ct->dump, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	ct->stats.dumping = true;
	ct->dump_ns = fb_monotonic_ns();
	ct->interrupted = ct->dump_lost = false;
	fb_ct_silent_begin(&ct->silent, !ct->dumped && ct->late_listener);
	fb_index_clear(&ct->touched);
	if (ct->ops.dump_begin)
		ct->ops.dump_begin(ct->ctx);
	return 0;
}

static void end_dump(struct fb_conntrack *ct, bool failed)
{
	ct->stats.dumping = false;
	fb_index_clear(&ct->touched);
	if (ct->interrupted)
		ct->stats.interrupted++;
	if (failed || ct->dump_lost) {
		want_resync(ct);
		return;
	}
	if (ct->interrupted && ct->repeats++ < REPEATS_MAX) {
		if (start_dump(ct) < 0)
			want_resync(ct);
		return;
	}
	ct->repeats = 0;
	ct->dumped = true;
	ct->dump_took = fb_monotonic_ns() - ct->dump_ns;
	fb_ct_silent_end(&ct->silent);
	ct->stats.silent = ct->silent.left;
	if (ct->ops.dump_done)
		ct->ops.dump_done(ct->ctx);
}

static void tell(struct fb_conntrack *ct, const struct nlmsghdr *nlh, size_t len, bool from_dump)
{
	enum fb_ct_event event;
	struct fb_ct entry;
	int r = fb_ct_parse(nlh, len, &event, &entry);

	if (r < 0)
		ct->stats.malformed++;
	if (r <= 0)
		return;
	if (from_dump && is_touched(ct, entry.id))
		return;
	if (from_dump) {
		/* Without memory for the set, old entries are as stale as it says they may be. */
		fb_ct_silent_dumped(&ct->silent, entry.id);
		ct->stats.entries++;
	} else {
		if (ct->stats.dumping)
			touch(ct, entry.id);
		fb_ct_silent_spoke(&ct->silent, entry.id);
		ct->stats.events++;
	}
	ct->ops.entry(ct->ctx, event, &entry);
}

/* One message of the dump socket; true when the dump is over. */
static bool dump_message(struct fb_conntrack *ct, const struct nlmsghdr *nlh, int len)
{
	if (nlh->nlmsg_seq != ct->sequence)
		return false;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		ct->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		end_dump(ct, nlh->nlmsg_type == NLMSG_ERROR);
		return true;
	}
	tell(ct, nlh, (size_t)len, true);
	return false;
}

static int read_dump(struct fb_conntrack *ct)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)ct->buffer;
	ssize_t n = mnl_socket_recvfrom(ct->dump, ct->buffer, sizeof(ct->buffer));
	int len = (int)n;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0) {
		/* ENOBUFS, ENOSPC: a part of this dump is lost, the rest still comes. */
		ct->dump_lost = true;
		return errno == ENOBUFS || errno == ENOSPC ? 1 : -errno;
	}
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (dump_message(ct, nlh, len))
			return 0;
	/* The message that the kernel makes next is newer than all events read before. */
	fb_index_clear(&ct->touched);
	return 1;
}

static int set_rcvbuf(struct fb_conntrack *ct, uint32_t bytes)
{
	const int fd = mnl_socket_get_fd(ct->events);
	int value = (int)(bytes / 2); /* the kernel doubles it */
	socklen_t len = sizeof(value);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof(value)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value)) < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len) < 0)
		return -errno;
	ct->stats.rcvbuf = (uint32_t)value;
	return 0;
}

static void overrun(struct fb_conntrack *ct)
{
	ct->stats.overruns++;
	want_resync(ct);
	ct->overrun_ns = fb_monotonic_ns();
	if (ct->stats.rcvbuf < ct->opts.rcvbuf_max)
		set_rcvbuf(ct, ct->stats.rcvbuf * 2 < ct->opts.rcvbuf_max ? ct->stats.rcvbuf * 2
									  : ct->opts.rcvbuf_max);
}

/* 1 if it stopped before the queue was empty. */
static int read_events(struct fb_conntrack *ct)
{
	for (unsigned int i = 0; i < EVENTS_PER_READ; i++) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)ct->buffer;
		ssize_t n;
		int len;

		if (ct->touched.n > TOUCHED_MAX)
			return 1;
		n = mnl_socket_recvfrom(ct->events, ct->buffer, sizeof(ct->buffer));
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == ENOBUFS) {
			overrun(ct);
			continue;
		}
		if (n < 0)
			return -errno;
		for (len = (int)n; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			tell(ct, nlh, (size_t)len, false);
	}
	return 1;
}

int fb_conntrack_read(struct fb_conntrack *ct)
{
	int r;

	for (unsigned int i = 0; i < DUMPS_PER_READ && ct->stats.dumping; i++) {
		r = read_dump(ct);
		if (r < 0) {
			end_dump(ct, true);
			return r;
		}
		if (r == 0)
			break;
		r = read_events(ct);
		if (r < 0)
			return r;
	}
	r = read_events(ct);
	return r < 0 ? r : 0;
}

/* Events from before a loss are older than the dump that heals it: they have to come first. */
static int drain_events(struct fb_conntrack *ct)
{
	int r = 1;

	for (unsigned int i = 0; r > 0 && i < DRAINS_MAX; i++)
		r = read_events(ct);
	return r < 0 ? r : 0;
}

/* Silent entries are looked at again, for at most a hundredth of the time. */
static bool is_refresh_time(const struct fb_conntrack *ct, uint64_t now)
{
	const uint64_t pause = ct->dump_took * 100 > REFRESH_NS ? ct->dump_took * 100 : REFRESH_NS;

	return (ct->silent.left || ct->polling) && now > ct->dump_ns + pause;
}

/* A storm of events is let go by first, for a resync within it would be stale; but not for ever. */
static bool is_resync_time(const struct fb_conntrack *ct, uint64_t now)
{
	const uint64_t least = (uint64_t)ct->opts.resync_s * 1000000000u;

	if (ct->resync_ns && now < ct->resync_ns + least)
		return false;
	if (!ct->stats.resync_due)
		return false;
	return !ct->overrun_ns || now > ct->overrun_ns + QUIET_NS || now > ct->due_ns + least;
}

int fb_conntrack_tick(struct fb_conntrack *ct, uint64_t now)
{
	int r;

	if (ct->stats.dumping)
		return 0;
	if (is_resync_time(ct, now)) {
		ct->stats.resync_due = false;
		ct->stats.resyncs++;
		ct->resync_ns = now;
	} else if (is_refresh_time(ct, now)) {
		ct->stats.refreshes++;
	} else {
		return 0;
	}
	r = drain_events(ct);
	if (r == 0)
		r = start_dump(ct);
	if (r < 0)
		want_resync(ct);
	return r;
}

void fb_conntrack_stats(const struct fb_conntrack *ct, struct fb_conntrack_stats *ret_stats)
{
	*ret_stats = ct->stats;
}

int fb_conntrack_get(struct fb_conntrack *ct, const struct fb_ct_tuple *tuple, uint16_t zone,
		     struct fb_ct *ret_entry)
{
	return fb_ct_ask_get(ct->ask, tuple, zone, ret_entry);
}

int fb_conntrack_delete(struct fb_conntrack *ct, const struct fb_ct *entry)
{
	return fb_ct_ask_delete(ct->ask, entry);
}

int fb_conntrack_flush(struct fb_conntrack *ct)
{
	return fb_ct_ask_flush(ct->ask);
}

static int read_number(const char *path, uint32_t *ret_number)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[32];

	if (!file)
		return -errno;
	if (!fgets(line, sizeof(line), file))
		return -EIO;
	*ret_number = (uint32_t)strtoul(line, NULL, 10);
	return 0;
}

int fb_conntrack_count(uint32_t *ret_count, uint32_t *ret_max)
{
	int r = read_number("/proc/sys/net/netfilter/nf_conntrack_count", ret_count);

	return r < 0 ? r : read_number("/proc/sys/net/netfilter/nf_conntrack_max", ret_max);
}

int fb_conntrack_fd(const struct fb_conntrack *ct)
{
	return ct->epoll_fd;
}

void fb_conntrack_free(struct fb_conntrack *ct)
{
	struct mnl_socket *const sockets[] = {ct ? ct->events : NULL, ct ? ct->dump : NULL,
					      ct ? ct->ask : NULL};

	if (!ct)
		return;
	for (unsigned int i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (sockets[i])
			mnl_socket_close(sockets[i]);
	if (ct->epoll_fd >= 0)
		close(ct->epoll_fd);
	fb_ct_silent_fini(&ct->silent);
	fb_index_fini(&ct->touched);
	free(ct);
}

static void free_conntrack(struct fb_conntrack **ct)
{
	fb_conntrack_free(*ct);
}

/* A socket of netfilter's netlink, bound to the multicast groups of `groups` (a bit mask). */
static int open_socket(struct mnl_socket **ret_nl, int flags, unsigned int groups)
{
	*ret_nl = mnl_socket_open2(NETLINK_NETFILTER, flags | SOCK_CLOEXEC);
	if (!*ret_nl || mnl_socket_bind(*ret_nl, groups, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static int watch(struct fb_conntrack *ct, struct mnl_socket *nl)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(ct->epoll_fd, EPOLL_CTL_ADD, mnl_socket_get_fd(nl), &event) < 0 ? -errno
											 : 0;
}

/* nf_conntrack_events: 0 none, 1 always, 2 while somebody listens; absent: not in this kernel. */
static void find_event_mode(struct fb_conntrack *ct)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/net/netfilter/nf_conntrack_events", "re");
	const int value = file ? fgetc(file) : '0';

	ct->polling = value == '0';
	ct->late_listener = value == '2';
}

static int explain(int r, struct fb_why *why)
{
	if (r == -EPERM || r == -EACCES)
		return fb_why_set(why, r, "conntrack needs CAP_NET_ADMIN: start as root");
	if (r == -EPROTONOSUPPORT || r == -EINVAL || r == -EOPNOTSUPP)
		return fb_why_set(why, r,
				  "the kernel has no conntrack netlink: "
				  "modprobe nf_conntrack_netlink");
	return fb_why_set(why, r, "conntrack cannot be read: %s", strerror(-r));
}

static int open_all(struct fb_conntrack *ct)
{
	const unsigned int groups = NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE |
				    NF_NETLINK_CONNTRACK_DESTROY;
	int r = open_socket(&ct->ask, 0, 0);

	/* The first question loads the module, or tells that there is none. */
	if (r == 0)
		r = fb_ct_ask_probe(ct->ask);
	if (r == 0)
		r = open_socket(&ct->events, SOCK_NONBLOCK, groups);
	if (r == 0)
		r = open_socket(&ct->dump, SOCK_NONBLOCK, 0);
	if (r == 0)
		r = set_rcvbuf(ct, ct->opts.rcvbuf);
	if (r == 0)
		r = watch(ct, ct->events);
	if (r == 0)
		r = watch(ct, ct->dump);
	find_event_mode(ct);
	return r < 0 ? r : start_dump(ct);
}

int fb_conntrack_new(const struct fb_conntrack_opts *opts, const struct fb_conntrack_ops *ops,
		     void *ctx, struct fb_conntrack **ret_ct, struct fb_why *why)
{
	_cleanup_(free_conntrack) struct fb_conntrack *ct = calloc(1, sizeof(*ct));
	int r;

	if (!ct)
		return fb_why_set(why, -ENOMEM, "out of memory");
	ct->opts = (struct fb_conntrack_opts){
		.rcvbuf = opts->rcvbuf ? opts->rcvbuf : RCVBUF_DEFAULT,
		.rcvbuf_max = opts->rcvbuf_max ? opts->rcvbuf_max : RCVBUF_MAX_DEFAULT,
		.resync_s = opts->resync_s ? opts->resync_s : RESYNC_DEFAULT_S,
	};
	ct->ops = *ops;
	ct->ctx = ctx;
	ct->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = ct->epoll_fd < 0 ? -errno : fb_index_init(&ct->touched);
	if (r == 0)
		r = open_all(ct);
	if (r < 0)
		return explain(r, why);
	*ret_ct = TAKE_PTR(ct);
	return 0;
}
