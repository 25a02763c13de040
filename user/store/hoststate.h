/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was learned of hosts, and what operators named, outlives a restart: the file `names` in the
 * state folder, one line a name, times in ms since 1970. Used by the engine's thread; the writing
 * has a thread of its own, for a disk may take its time.
 *
 *	flowbpf names 1
 *	192.168.1.50 dhcp 1795881600000 1795885200000 accounting-pc
 *	end 1
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enrich/hostnames.h"
#include "store/statefile.h"
#include "util/why.h"

#define FB_HOSTSTATE_OPERATOR 1 /* origin of the names that operators give */

struct fb_hoststate {
	int folder; /* -1: nothing is kept */
	bool ours;  /* made by us, empty, or with our file: it may be given to another user */
	uint64_t saved_version, next_ns;
	bool wanted; /* it is to be written when the disk takes it */
	struct fb_statefile file;
};

/*
 * Make the folder if its last part is missing, and hold it: another daemon that keeps names there
 * is -EBUSY. 0, or -errno with a sentence.
 */
int fb_hoststate_open(struct fb_hoststate *state, const char *path, struct fb_why *why);

/*
 * How many names it took from the file. -errno with a sentence: there is none (-ENOENT, without
 * one), or it is another's or torn; then whole lines are taken, and the file stays as names.old.
 */
int fb_hoststate_load(struct fb_hoststate *state, struct fb_hostnames *names, uint64_t now_ns,
		      int64_t wall_ms, struct fb_why *why);

/* Save what changed, a minute after the last time or `at_once`, as soon as the disk takes it. */
void fb_hoststate_tick(struct fb_hoststate *state, const struct fb_hostnames *names,
		       uint64_t now_ns, int64_t wall_ms, bool at_once);

/* Save a last time, wait for it, and let the folder go. 0 or -errno. */
int fb_hoststate_close(struct fb_hoststate *state, const struct fb_hostnames *names,
		       uint64_t now_ns, int64_t wall_ms);
