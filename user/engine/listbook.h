/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's lists, from files that are looked at by a thread of their own (engine/watch.h).
 * Says what was read, left out, or could not be read.
 */
#pragma once

#include <pthread.h>

#include "enrich/pipeline.h"
#include "store/listfiles.h"

#define FB_LISTBOOK_OWN 1024 /* addresses of this host that no list may have, at most */

struct fb_listbook_entry {
	char name[FB_LIST_NAME_TEXT + 1];
	char path[256]; /* cut to that */
	bool allow, fetched;
	bool known; /* `facts` are of entries that are in use */
	struct fb_listset_facts facts;
	int64_t changed;     /* the file as read: s since 1970; 0: never */
	struct fb_why error; /* of the last try; empty: none */
};

struct fb_listbook_opts {
	const char *const *deny, *const *allow; /* as in fb_listfiles_add */
	unsigned int n_deny, n_allow;
	const char *state; /* NULL: none */
	bool own;	   /* entries with addresses of this host are left out */
};

struct fb_listbook {
	struct fb_pipeline *pipeline; /* borrowed */
	struct fb_listfiles files;    /* the thread's, once it runs */
	bool own, open;

	pthread_mutex_t lock; /* protects the rest */
	struct fb_listbook_entry entry[FB_LISTS];
	struct fb_list fresh[FB_LISTS]; /* for the pipeline, with references */
	unsigned int n, n_fresh;
	bool has_fresh;
};

/* While root: read what is there. -errno with a sentence. */
int fb_listbook_open(struct fb_listbook *book, struct fb_pipeline *pipeline,
		     const struct fb_listbook_opts *opts, struct fb_why *why);
/* A zeroed book is fine. */
void fb_listbook_close(struct fb_listbook *book);

/* Look at the files again; the watching thread, once it runs. Has the form of fb_watch_fn. */
void fb_listbook_look(void *book);

/* The engine's thread: take what was read. */
void fb_listbook_tick(struct fb_listbook *book);

/* Is a list in use, other than of exceptions? Any thread. */
bool fb_listbook_known(struct fb_listbook *book);

/* All lists, exceptions last; returns how many. Any thread. */
unsigned int fb_listbook_list(struct fb_listbook *book, struct fb_listbook_entry list[FB_LISTS]);
