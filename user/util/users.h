/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users of this machine, by /etc/passwd alone: the name service of glibc loads modules, asks
 * daemons and aborts when memory is short. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/why.h"

/*
 * Whom to become: `user`, with NULL "flowbpf" if it exists, else "nobody"; who is not root stays
 * who he is. -ENOENT or -EINVAL with a sentence: there is none of that name, or it is root.
 */
int fb_users_choose(const char *user, uid_t *ret_uid, gid_t *ret_gid, struct fb_why *why);

/* The name of a user; false: it has none. */
bool fb_users_name(uid_t uid, char name[static 32]);

/* The user that was made for this program, "flowbpf", if there is one; its group operates it. */
bool fb_users_own(uid_t *ret_uid, gid_t *ret_gid);
