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

/* Who asks for ever new things keeps his share full, and what others ask for is kept. */
static bool has_room(const struct fb_cache *cache, uint64_t source, size_t len)
{
	unsigned int own = 0;
	size_t bytes = len;

	for (unsigned int i = 0; i < cache->n; i++) {
		if (cache->entry[i].source != source)
			continue;
		own++;
		bytes += cache->entry[i].len;
	}
	return cache->n < FB_CACHE_ENTRIES && own < FB_CACHE_ENTRIES / FB_CACHE_SHARE &&
	       cache->bytes + len <= FB_CACHE_BYTES && bytes <= FB_CACHE_BYTES / FB_CACHE_SHARE;
}

/* With the lock, and room. */
static bool add(struct fb_cache *cache, uint64_t source, const char *target, bool gzip,
		const struct fb_buf *body, bool packed)
{
	struct fb_cache_entry *entry = &cache->entry[cache->n];

	*entry = (struct fb_cache_entry){source,    strdup(target), malloc(body->len + 1),
					 body->len, gzip,	    packed};
	if (!entry->target || !entry->body) {
		free(entry->target);
		free(entry->body);
		return false;
	}
	if (body->len)
		memcpy(entry->body, body->data, body->len);
	cache->bytes += body->len;
	cache->n++;
	return true;
}

bool fb_cache_put(struct fb_cache *cache, uint64_t epoch, uint64_t source, const char *target,
		  bool gzip, const struct fb_buf *body, bool packed)
{
	bool kept = true;

	pthread_mutex_lock(&cache->lock);
	if (epoch > cache->epoch) {
		drop_all(cache);
		cache->epoch = epoch;
	}
	if (epoch == cache->epoch && !find(cache, epoch, target, gzip))
		kept = has_room(cache, source, body->len) &&
		       add(cache, source, target, gzip, body, packed);
	pthread_mutex_unlock(&cache->lock);
	return kept;
}
