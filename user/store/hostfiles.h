/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts and lease files, read into the names of hosts, and again whenever they changed. Used by
 * the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "enrich/hostnames.h"

#define FB_HOSTFILES	   48
#define FB_HOSTFILES_BYTES (16u * 1024 * 1024) /* of one file, at most */
#define FB_HOSTFILES_FIRST 2		       /* origin of the first; 1 is the operator */

struct fb_hostfile {
	const char *path; /* borrowed */
	int fd;		  /* as opened while we were root, for when we may not open it any more */
	int error;	  /* 0, or -errno of the last try */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct fb_hostfiles {
	struct fb_hostnames *names; /* borrowed */
	unsigned int n;
	struct fb_hostfile file[FB_HOSTFILES];
	uint64_t now_ns; /* of the reading that is under way */
	int64_t wall_ms;
	uint8_t origin;
	bool leases;
};

/* `given` come first, then the usual places. Opens what is there. */
void fb_hostfiles_init(struct fb_hostfiles *files, struct fb_hostnames *names,
		       const char *const *given, unsigned int n_given);
void fb_hostfiles_fini(struct fb_hostfiles *files);

/*
 * Read file `i` if it changed since it was read; both clocks are of now. 1: read; 0: as it was, or
 * not there; -errno: it cannot be read, told once, what it gave before stands.
 */
int fb_hostfiles_check(struct fb_hostfiles *files, unsigned int i, uint64_t now_ns,
		       int64_t wall_ms);
