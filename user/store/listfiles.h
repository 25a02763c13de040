/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the operator's lists, read again whenever one is replaced; what cannot be read
 * leaves what it had before. Used by one thread at a time.
 */
#pragma once

#include "enrich/lists.h"
#include "store/watched.h"

struct fb_listfile {
	struct fb_watched at;
	char name[FB_LIST_NAME_TEXT + 1];
	bool allow;
	bool fetched; /* of a URL, by `flowbpf lists update` */
	const struct fb_listset_own *own;
	struct fb_listset *set; /* as last read; NULL: never */
};

struct fb_listfiles {
	unsigned int n;
	uint64_t own; /* hash of whom no list had at the last check; 0: none yet */
	struct fb_listfile *file[FB_LISTS];
};

/* A file was read, or could not be: once a change. */
typedef void (*fb_listfile_fn)(void *ctx, const struct fb_listfile *file);

/*
 * NAME=FILE, or NAME=URL, whose file is `state`/lists/NAME. Cuts up what is given: at most
 * FB_LIST_NAME_TEXT letters, digits, - and _. -EINVAL with a sentence; -ENOMEM; -ENOSPC: too many.
 */
int fb_listfiles_add(struct fb_listfiles *files, const char *given, bool allow, const char *state,
		     struct fb_why *why);
/* NAME=URL: the URL, whose file is NAME; NULL: it is of a file. */
const char *fb_listfiles_url(const char *given, char name[static FB_LIST_NAME_TEXT + 1]);
void fb_listfiles_fini(struct fb_listfiles *files);

/*
 * Look at all of them and read what changed; entries that hold one of `own` are left out, but of
 * exceptions. Where `own` changed, lists that this touches are read again, too. True: there are
 * other entries than before.
 */
bool fb_listfiles_check(struct fb_listfiles *files, const struct fb_listset_own *own,
			fb_listfile_fn fn, void *ctx);
