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

#include "util/why.h"

struct fb_bpf;

struct fb_privs_opts {
	struct fb_bpf *bpf; /* to find out whether this kernel lets us use maps without CAP_BPF */
	const char *user;   /* NULL: "flowbpf" if it exists, else "nobody" */
	int folder;	    /* becomes the user's, with its files; -1: none */
	const char *const *folders; /* and these in it, with theirs; NULL ends them, or: none */
	bool nothing;		    /* no capability is needed any more */
	bool stay;		    /* the user stays, by whom others know us */
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

/* The effective capabilities, a bit each: 0 or -errno. */
int fb_privs_caps(uint64_t *ret_effective);

/* 0, or -EPERM naming the capability that attaching lacks, in one sentence. */
int fb_privs_check(struct fb_why *why);
