/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stamps on sockets: programs at the root of the cgroups that write them, and those of the sockets
 * that were there before. Nothing of it outlives the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/owner.h>

#include "kernel/bpf.h"
#include "util/why.h"

#define FB_SOCKSTAMP_HOOKS 3

struct fb_sockstamp {
	int link[FB_SOCKSTAMP_HOOKS];
	int stamps;		/* fb_owner_sk, of the data path */
	int exes;		/* fb_exes */
	int state;		/* link of what fills ... */
	int ends;		/* ... fb_owner_ends; -1: no containers */
	const uint64_t *opened; /* fb_owner_opened, mapped; NULL likewise */
	bool types; /* by the kernel's own types: also what runs for a moment has its file */
};

struct bpf_object;

/*
 * Of objects that have the kernel's types: the one knob, before it is loaded, is the number of our
 * namespace; and a descriptor of a map that outlives the object, or -errno.
 */
void fb_sockstamp_set_netns(const struct bpf_object *object);
int fb_sockstamp_keep_map(const struct bpf_object *object, const char *name);

/* Would the kernel take what reads its own types, too? Loads it, attaches nothing; needs root. */
bool fb_sockstamp_has_types(void);

/* Load and attach; needs root, and on failure nothing stays. `cgroup`: the folder of the root. */
int fb_sockstamp_open(struct fb_sockstamp *stamp, const struct fb_bpf *bpf, int cgroup,
		      struct fb_why *why);
void fb_sockstamp_close(struct fb_sockstamp *stamp);

/*
 * Stamp the sockets that processes have already, by a copy of each descriptor: needs
 * CAP_SYS_PTRACE. `now_ns`: CLOCK_BOOTTIME. How many, or -errno: not all processes could be asked.
 */
int fb_sockstamp_census(const struct fb_sockstamp *stamp, int cgroup, uint64_t now_ns);

/* The file that who made the socket runs, as text; false: not known. */
bool fb_sockstamp_exe(const struct fb_sockstamp *stamp, const struct fb_stamp *of,
		      char path[static FB_EXE_PATH + 1]);

/*
 * Who has the socket of these ends, in another network namespace of this machine, opened since then
 * (ns CLOCK_BOOTTIME); -ENOENT. The kernel is asked only if there may be one.
 */
int fb_sockstamp_ends(const struct fb_sockstamp *stamp, const struct fb_owner_ends *ends,
		      uint64_t since_ns, struct fb_owner_end *ret_end);

/* Was a socket of datagrams of another network namespace ever connected to that end? Or so. */
bool fb_sockstamp_connected(const struct fb_sockstamp *stamp, const struct fb_owner_ends *ends);
