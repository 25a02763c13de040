/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which databases of places there are: the given ones, else those that lie where people and
 * packages put them. Read again whenever one is replaced; what cannot be read leaves the old one.
 * Used by one thread at a time.
 */
#pragma once

#include "enrich/geo.h"
#include "store/watched.h"

struct fb_geofile {
	struct fb_watched at;
	struct fb_geodb *db; /* as last read; NULL: never */
	char credit[256];    /* the first line of PATH.credit: whose data it is; may be empty */
};

struct fb_geofiles {
	unsigned int n;
	struct fb_geofile *file[FB_GEO_FILES]; /* each fact is taken of the first that has it */
	bool given;
	uint64_t left_out; /* files that found no place */
};

/* A file was read, or could not be: once a change. */
typedef void (*fb_geofile_fn)(void *ctx, const struct fb_geofile *file);

/* No `given`: the usual places. -ENOMEM. */
int fb_geofiles_init(struct fb_geofiles *files, const char *const *given, unsigned int n_given);
void fb_geofiles_fini(struct fb_geofiles *files);

/* Look at all of them and read what changed. True: there are other databases than before. */
bool fb_geofiles_check(struct fb_geofiles *files, fb_geofile_fn fn, void *ctx);
