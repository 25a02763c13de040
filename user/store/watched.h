/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that is read again whenever it is another one. Used by one thread at a time. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "util/why.h"

struct fb_watched {
	char path[PATH_MAX];
	int error;	   /* of the last try: 0 or -errno ... */
	struct fb_why why; /* ... and why */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed; /* when it was, as last read */
	bool there, tried;
};

/* Take what `fd` has, which stays the caller's; -errno with a sentence leaves what was taken
 * before.
 */
typedef int (*fb_watched_fn)(void *ctx, int fd, struct fb_why *why);

/*
 * 1: it was read anew; 0: it is as it was, or cannot be read as before; -errno: it cannot be read,
 * `why` has the reason.
 */
int fb_watched_check(struct fb_watched *file, fb_watched_fn read, void *ctx);

/* The next check reads it, whether it changed or not. */
void fb_watched_again(struct fb_watched *file);
