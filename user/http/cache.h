/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers about the newest snapshot, by their request: dashboards that poll the same are served
 * what was made for the first, but for those who are not told all. Emptied by the first answer
 * about a newer one. Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

#define FB_CACHE_ENTRIES 64
#define FB_CACHE_BYTES	 (4 * 1024 * 1024) /* of all; what does not fit is made anew */
#define FB_CACHE_SHARE	 2 /* one part in so many of both, at most, is of one source */

struct fb_cache {
	pthread_mutex_t lock;
	uint64_t epoch; /* of all entries */
	unsigned int n;
	size_t bytes;
	struct fb_cache_entry {
		uint64_t source; /* of the request that it was made for */
		char *target;	 /* as sent */
		char *body;
		size_t len;
		bool gzip;   /* for those who take it */
		bool packed; /* it is compressed: small bodies are not */
	} entry[FB_CACHE_ENTRIES];
};

void fb_cache_init(struct fb_cache *cache);
void fb_cache_fini(struct fb_cache *cache);

/* Append the body to `out`, if it is there, and tell whether it is compressed. */
bool fb_cache_get(struct fb_cache *cache, uint64_t epoch, const char *target, bool gzip,
		  struct fb_buf *out, bool *ret_packed);
/* Keep a copy, if nothing newer is kept. False: there is no room for it, or not for this source. */
bool fb_cache_put(struct fb_cache *cache, uint64_t epoch, uint64_t source, const char *target,
		  bool gzip, const struct fb_buf *body, bool packed);
