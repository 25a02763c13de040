/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instance per interface and network namespace, by record locks of files that only root can
 * open: they end with the process, however that ends, and the kernel tells who holds them. The
 * files are of the process, which has one: engine's thread, or a verb's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/why.h"

/*
 * Open this namespace's file while we may, and be known as an instance until the process ends.
 * -EACCES or -EROFS when we cannot write there: we go on, and nobody is held up by us.
 */
int fb_lock_open(struct fb_why *why);

/* 0, also without a file that we could open; or -EBUSY with the owner in `why`. */
int fb_lock_take(uint32_t ifindex, const char *ifname, struct fb_why *why);
void fb_lock_drop(uint32_t ifindex);

/* Be known as one that was told to take this name or pattern, whatever of it is there. */
void fb_lock_want(const char *name);

/*
 * The pid that holds the lock, 0 if it is not visible from here, -ENOENT if nobody else does,
 * -EACCES if it takes root to tell.
 */
pid_t fb_lock_owner(uint32_t ifindex);

/* Another instance that was told this name or pattern, in these words; as fb_lock_owner. */
pid_t fb_lock_wanter(const char *name);

/* Another instance of this namespace, whatever it holds; as fb_lock_owner. */
pid_t fb_lock_instance(void);

/* The process is an instance, in whichever network namespace. */
bool fb_lock_is_instance(pid_t pid);
