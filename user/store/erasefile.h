/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose erasure was asked for and is not through: a daemon that ends meanwhile goes on with it at
 * its next start. It says who that is: for its user alone, written over when it goes. One thread.
 */
#pragma once

#include "flow/person.h"
#include "util/why.h"

/* On the disk when it returns, in place of what was there. 0, or -errno, which is in the log. */
int fb_erasefile_keep(int folder, const struct fb_person *who);
/*
 * -ENOENT: there is none; -errno with a sentence: it is none of ours, or torn, and stays as
 * erasure.old.
 */
int fb_erasefile_load(int folder, struct fb_person *ret_who, struct fb_why *why);
/* 0, also where there was none; -errno: it is there still. */
int fb_erasefile_drop(int folder);
