/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that holds passwords against hashes. Each takes a tenth of a second by design, so that
 * nobody else is to wait for it: a bounded queue stands in front of it, of which one source may
 * hold a part. Any thread.
 */
#pragma once

#include <stdint.h>

#include "http/passhash.h"

#define FB_PASSWORDS_QUEUE 16 /* that wait or are tried */
#define FB_PASSWORDS_SHARE 4  /* of those, of one source */

struct fb_password_job {
	char password[FB_PASSWORD_MOST + 1]; /* wiped when it was tried */
	char hash[FB_PASSHASH_MAX + 1];
	uint64_t source;	 /* whose share it is of */
	void (*done)(void *ctx); /* by the thread: from its call on the job is its owner's again */
	void *ctx;
	int r; /* 1: it is this password, 0: it is not, -ECANCELED: nobody tried */
	struct fb_password_job *next;
};

struct fb_passwords;

/* 0 or -ENOMEM; without its thread. */
int fb_passwords_new(struct fb_passwords **ret_passwords);
/* 0 or -errno. */
int fb_passwords_start(struct fb_passwords *passwords);
/* All that waits is done, in a moment, with -ECANCELED, and no more is taken. NULL is fine. */
void fb_passwords_stop(struct fb_passwords *passwords);
/* NULL is fine. */
void fb_passwords_free(struct fb_passwords *passwords);

/* 0, and `done` is called; -EBUSY: there are too many, or too many of the source. */
int fb_passwords_ask(struct fb_passwords *passwords, struct fb_password_job *job);
