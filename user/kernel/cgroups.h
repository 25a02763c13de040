/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of control groups (v2): its root, and the path of a group by its id, which is the inode
 * of its folder. Groups come and go: paths are read anew when an id is not known, once a second at
 * most. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"

#define FB_CGROUPS_MOST 65536 /* remembered; further ones have no path */

struct fb_cgroups {
	int root;		/* folder; -1: no cgroup2 is mounted */
	struct fb_index index;	/* by id */
	struct fb_cgroup *item; /* [room] */
	uint32_t n, room;
	uint64_t read_ns; /* CLOCK_MONOTONIC of the last reading */
};

/* -ENOENT: there is none, and no id has a path; -ENOMEM. To be closed in any case. */
int fb_cgroups_open(struct fb_cgroups *cgroups);
void fb_cgroups_close(struct fb_cgroups *cgroups);

/* "/system.slice/nginx.service"; NULL: not known. Valid until the next call. */
const char *fb_cgroups_path(struct fb_cgroups *cgroups, uint64_t id);
