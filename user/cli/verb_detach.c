/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf detach [IFACE...]: end the daemons that hold the interfaces, and remove what a killed one
 * left there. The interface lock tells who holds what; a process is ended only if it still holds a
 * lock once it cannot be mistaken for another, which then has its number.
 */
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/links.h"
#include "kernel/attach.h"
#include "kernel/pin.h"
#include "kernel/lock.h"
#include "kernel/shaper.h"
#include "util/cleanup.h"

#define PATIENCE_MS 5000

struct detach_opts {
	const char *socket, *pin;
};

static const struct fb_opt options[] = {
	{.name = "socket",
	 .arg = "PATH",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct detach_opts, socket),
	 .help = "end the daemon that answers there, whatever it holds"},
	{.name = "pin",
	 .arg = "DIR",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct detach_opts, pin),
	 .help = "remove what is pinned there as well: counting ends, its counts are gone"},
	{0},
};

/* SIGTERM, then wait until it is gone. */
static int end_process(pid_t pid)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd gone = {.fd = fd, .events = POLLIN};

	if (fd < 0 && errno == ESRCH)
		return FB_EXIT_DONE;
	if (fd >= 0 && !fb_lock_is_instance(pid))
		return fb_fail(FB_EXIT_FAILED,
			       "pid %d is left alone: no lock in /run/flowbpf proves it flowbpf's",
			       (int)pid);
	if (fd < 0 || syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0))
		return fb_fail(FB_EXIT_FAILED, "cannot end pid %d: %s", (int)pid, strerror(errno));
	if (poll(&gone, 1, PATIENCE_MS) != 1)
		return fb_fail(FB_EXIT_FAILED, "pid %d did not end within %d s", (int)pid,
			       PATIENCE_MS / 1000);
	printf("pid %d has detached and ended\n", (int)pid);
	return FB_EXIT_DONE;
}

static int end_by_socket(const char *socket)
{
	struct fb_daemon daemon = {.socket = socket};
	pid_t pid;

	if (fb_daemon_pid(&daemon, &pid))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (pid <= 0)
		return fb_fail(FB_EXIT_FAILED, "the daemon at %s is in another pid namespace",
			       socket);
	return end_process(pid);
}

/* One interface: its daemon, or what a killed one left. *found counts what there was. */
static int release(unsigned int ifindex, const char *name, unsigned int *found)
{
	pid_t owner = fb_lock_owner(ifindex);
	int r;

	if (!owner)
		return fb_fail(FB_EXIT_FAILED, "%s is held by a process of another pid namespace",
			       name);
	if (owner > 0) {
		++*found;
		return end_process(owner);
	}
	if (owner == -EACCES)
		return fb_fail(FB_EXIT_FAILED, "%s: only root can tell who holds it", name);
	if (owner != -ENOENT)
		return fb_fail(FB_EXIT_FAILED, "%s: cannot read its lock: %s", name,
			       strerror(-owner));
	r = fb_attach_sweep(ifindex);
	if (r == -EPERM || r == -EACCES)
		return fb_fail(FB_EXIT_FAILED, "%s: looking for leftovers needs root", name);
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", name, strerror(-r));
	*found += (unsigned int)r;
	if (r)
		printf("%s: removed %d filter%s that a killed instance had left\n", name, r,
		       r > 1 ? "s" : "");
	return FB_EXIT_DONE;
}

/* Those that the pattern matches, NULL: all. None is no error. */
static int release_matching(const char *pattern, unsigned int *found)
{
	struct if_nameindex *all = if_nameindex();
	int r = FB_EXIT_DONE;

	for (struct if_nameindex *i = all; i && i->if_index && !r; i++)
		if (!pattern || fnmatch(pattern, i->if_name, 0) == 0)
			r = release(i->if_index, i->if_name, found);
	if (all)
		if_freenameindex(all);
	return r;
}

/* Those that were told this name or pattern, though nothing of it may be there. */
static int release_waiting(const char *name, unsigned int *found)
{
	int r = FB_EXIT_DONE;
	pid_t pid;

	while (!r && (pid = fb_lock_wanter(name)) > 0) {
		++*found;
		r = end_process(pid);
	}
	if (!r && pid == -EACCES)
		return fb_fail(FB_EXIT_FAILED, "%s: only root can tell who waits for it", name);
	return r;
}

static int release_named(char *const *names, unsigned int n, unsigned int *found)
{
	int r = FB_EXIT_DONE;

	for (unsigned int i = 0; i < n && !r; i++) {
		const unsigned int ifindex = if_nametoindex(names[i]), before = *found;
		const bool pattern = !ifindex && fb_links_is_pattern(names[i]);

		if (pattern)
			r = release_matching(names[i], found);
		if (!ifindex && !r)
			r = release_waiting(names[i], found);
		if (r || pattern || *found > before)
			continue;
		if (!ifindex)
			return fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\" here",
				       names[i]);
		r = release(ifindex, names[i], found);
	}
	return r;
}

static int release_all(unsigned int *found)
{
	int r = release_matching(NULL, found);

	/* those that wait for an interface hold none */
	for (pid_t pid; !r && (pid = fb_lock_instance()) > 0; ++*found)
		r = end_process(pid);
	return r;
}

static int unpin(const char *dir, unsigned int *found)
{
	struct fb_why why = {""};
	int r = fb_pin_remove(dir, &why);

	if (r == -ENOENT)
		return FB_EXIT_DONE;
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", *why.text ? why.text : strerror(-r));
	printf("removed what was pinned in %s\n", dir);
	++*found;
	return FB_EXIT_DONE;
}

static void sweep_limits(const char *pin, unsigned int *found)
{
	const int n = fb_shaper_sweep(pin);

	if (n <= 0)
		return;
	*found += (unsigned int)n;
	printf("removed %d queue%s of limits that a killed instance had left\n", n,
	       n > 1 ? "s" : "");
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct detach_opts *opts = opts_;
	unsigned int found = 0;
	int r;

	if (n && opts->socket)
		return fb_fail(FB_EXIT_USAGE, "detach takes interfaces or --socket, not both");
	if (opts->socket)
		r = end_by_socket(opts->socket);
	else
		r = n ? release_named(args, n, &found) : release_all(&found);
	if (!r && opts->pin)
		r = unpin(opts->pin, &found);
	if (!r && !opts->socket)
		sweep_limits(opts->pin, &found);
	if (!r && !found && !opts->socket)
		printf("nothing is attached\n");
	return r;
}

const struct fb_verb fb_cmd_detach = {
	.name = "detach",
	.args = "[IFACE...]",
	.summary = "End the daemons, and clean up after killed ones",
	.about =
		"A name may be a pattern ('veth*'), or one that a daemon waits for, in the words that it\n"
		"was given. Without one: all daemons and interfaces of this network namespace.\n"
		"A daemon ends as a whole, also if it holds more interfaces than named here.\n"
		"Filters and programs of others are never touched.\n",
	.opts = options,
	.opts_size = sizeof(struct detach_opts),
	.max_args = 64,
	.run = run,
};
