/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up root: an unprivileged user with CAP_NET_ADMIN (conntrack, attaching) and nothing else,
 * no way back, and a list of allowed system calls. Call it when everything is loaded, before any
 * thread exists: threads that run already would keep what they have.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/bpf.h"
#include "util/why.h"

struct fb_privs_opts {
	struct fb_bpf *bpf; /* to find out whether this kernel lets us use maps without CAP_BPF */
	const char *user;   /* NULL: "flowbpf" if it exists, else "nobody" */
	int folder;	    /* becomes the user's; -1: none */
};

/* What is in force afterwards, for `status`. */
struct fb_privs {
	uid_t uid;
	gid_t gid;
	uint64_t caps; /* effective */
	bool no_new_privs;
	bool seccomp;
	char user[32];
};

/*
 * Not started as root: keeps uid and gid, still drops capabilities. -EPERM and others: nothing or
 * only a part was given up; the caller ends.
 */
int fb_privs_drop(const struct fb_privs_opts *opts, struct fb_privs *ret_privs, struct fb_why *why);

/* 0, or -EPERM naming the capability that attaching lacks, in one sentence. */
int fb_privs_check(struct fb_why *why);

/* The name of a user, in the file alone; false: it has none. */
bool fb_privs_user_name(uid_t uid, char name[static 32]);

/* The user that was made for this program, "flowbpf", if there is one; its group operates it. */
bool fb_privs_own_user(uid_t *ret_uid, gid_t *ret_gid);
