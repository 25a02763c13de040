/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places of addresses, from databases that are looked at by a thread of its own (engine/watch.h):
 * reading one may take a second, and the engine waits for nobody. Says what was read, or could not
 * be.
 */
#pragma once

#include <pthread.h>

#include "enrich/pipeline.h"
#include "store/geofiles.h"

struct fb_geobook_entry {
	char path[256]; /* cut to that */
	bool known;	/* `facts` are of a database that is in use */
	struct fb_geodb_facts facts;
	char credit[256];    /* whose data it is; may be empty */
	struct fb_why error; /* of the last try; empty: none */
};

struct fb_geobook {
	struct fb_pipeline *pipeline; /* borrowed */
	struct fb_geofiles files;     /* the thread's, once it runs */
	bool off, open;

	pthread_mutex_t lock; /* protects the rest */
	struct fb_geobook_entry entry[FB_GEO_FILES];
	struct fb_geodb *fresh[FB_GEO_FILES]; /* for the pipeline, with references */
	unsigned int n, n_fresh;
	bool has_fresh;
};

/*
 * While root: read what is there. `given` none: the usual places; the word "none" alone: nothing.
 * -errno.
 */
int fb_geobook_open(struct fb_geobook *book, struct fb_pipeline *pipeline, const char *const *given,
		    unsigned int n_given);
/* Look at the files again; the watching thread, once it runs. Has the form of fb_watch_fn. */
void fb_geobook_look(void *book);
/* A zeroed book is fine. */
void fb_geobook_close(struct fb_geobook *book);

/* The engine's thread: take what was read. */
void fb_geobook_tick(struct fb_geobook *book);

/* Is a database in use? Any thread. */
bool fb_geobook_known(struct fb_geobook *book);

/* All files, in the order in which they are asked; returns how many. Any thread. */
unsigned int fb_geobook_list(struct fb_geobook *book, struct fb_geobook_entry list[FB_GEO_FILES]);
