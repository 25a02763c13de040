/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers kept for a tick; see the header. */
#include "http/cache.h"

#include <stdlib.h>
#include <string.h>

void fb_cache_init(struct fb_cache *cache)
{
	*cache = (struct fb_cache){.epoch = 0};
	pthread_mutex_init(&cache->lock, NULL);
}

static void drop_all(struct fb_cache *cache)
{
	for (unsigned int i = 0; i < cache->n; i++) {
		free(cache->entry[i].target);
		free(cache->entry[i].body);
	}
	cache->n = 0;
	cache->bytes = 0;
}

void fb_cache_fini(struct fb_cache *cache)
{
	drop_all(cache);
	pthread_mutex_destroy(&cache->lock);
}

/* With the lock. */
static const struct fb_cache_entry *find(const struct fb_cache *cache, uint64_t epoch,
					 const char *target, bool gzip)
{
	if (epoch != cache->epoch)
		return NULL;
	for (unsigned int i = 0; i < cache->n; i++)
		if (cache->entry[i].gzip == gzip && !strcmp(cache->entry[i].target, target))
			return &cache->entry[i];
	return NULL;
}

bool fb_cache_get(struct fb_cache *cache, uint64_t epoch, const char *target, bool gzip,
		  struct fb_buf *out, bool *ret_packed)
{
	const struct fb_cache_entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, epoch, target, gzip);
	if (entry) {
		fb_buf_add(out, entry->body, entry->len);
		*ret_packed = entry->packed;
	}
	pthread_mutex_unlock(&cache->lock);
	return entry;
}

void fb_cache_put(struct fb_cache *cache, uint64_t epoch, const char *target, bool gzip,
		  const struct fb_buf *body, bool packed)
{
	struct fb_cache_entry *entry;

	pthread_mutex_lock(&cache->lock);
	if (epoch > cache->epoch) {
		drop_all(cache);
		cache->epoch = epoch;
	}
	if (epoch == cache->epoch && cache->n < FB_CACHE_ENTRIES &&
	    cache->bytes + body->len <= FB_CACHE_BYTES && !find(cache, epoch, target, gzip)) {
		entry = &cache->entry[cache->n];
		entry->target = strdup(target);
		entry->body = malloc(body->len);
		entry->len = body->len;
		entry->gzip = gzip;
		entry->packed = packed;
		if (entry->target && entry->body) {
			memcpy(entry->body, body->data, body->len);
			cache->bytes += body->len;
			cache->n++;
		} else {
			free(entry->target);
			free(entry->body);
		}
	}
	pthread_mutex_unlock(&cache->lock);
}
