/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs one command, again and again, from a process of its own that is made while root and gives
 * everything up at once: the daemon may run nothing. The command is fixed from then on; what
 * changes is what it reads.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/why.h"

#define FB_RUNNER_ARGS	  16   /* with the command itself */
#define FB_RUNNER_INPUT	  8192 /* bytes, at most */
#define FB_RUNNER_SECONDS 10   /* then it is killed */

struct fb_runner {
	int fd;		 /* -1: there is none */
	uint32_t number; /* of the last time */
};

/*
 * Before any thread is made. `argv`, ended by NULL, begins with a path, whose file only root or
 * `user` (NULL: nobody) may write; it is run as that user, without a way to more rights. 0, or
 * -errno with a sentence.
 */
int fb_runner_start(char *const argv[], const char *user, struct fb_runner *ret_runner,
		    struct fb_why *why);
/*
 * Once, and wait for its end, with which all that it started is killed. 0, or -errno: `why` says
 * how it ended. One thread at a time.
 */
int fb_runner_run(struct fb_runner *runner, const char *input, size_t len, struct fb_why *why);
/* Its process ends. */
void fb_runner_stop(struct fb_runner *runner);
