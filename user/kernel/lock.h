/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instance per interface and network namespace. The lock is an abstract unix socket: it ends
 * with the process, however that ends, and tells its owner's pid.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "util/why.h"

/* Returns the lock's file descriptor (close it to unlock), or -EBUSY with the owner in `why`. */
int fb_lock_take(uint32_t ifindex, const char *ifname, struct fb_why *why);

/* The pid that holds the lock, 0 if it is not visible from here, -ENOENT if nobody does. */
pid_t fb_lock_owner(uint32_t ifindex);

/* Forget who asked for the owner since the last call; now and then, so that asking goes on. */
void fb_lock_drain(int lock_fd);
