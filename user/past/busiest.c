/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts stand in an array, as they come, and an index finds them. */
#include "past/busiest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 256

int fb_busiest_init(struct fb_busiest *busy)
{
	*busy = (struct fb_busiest){0};
	return fb_index_init(&busy->index);
}

void fb_busiest_fini(struct fb_busiest *busy)
{
	free(busy->host);
	fb_index_fini(&busy->index);
	*busy = (struct fb_busiest){0};
}

static int resize(struct fb_busiest *busy, uint32_t size)
{
	struct fb_busiest_host *host = realloc(busy->host, (size_t)size * sizeof(*host));

	if (!host)
		return -ENOMEM;
	busy->host = host;
	busy->size = size;
	return 0;
}

void fb_busiest_clear(struct fb_busiest *busy)
{
	if (busy->size > FIRST && busy->n < busy->size / 16)
		resize(busy, busy->size / 4);
	fb_index_clear(&busy->index);
	busy->n = 0;
}

static uint32_t find(const struct fb_busiest *busy, uint64_t hash, const uint8_t *addr,
		     uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&busy->index, &it, &i))
		if (busy->host[i].family == family && !memcmp(busy->host[i].addr, addr, 16))
			return i;
	return FB_NONE;
}

int fb_busiest_add(struct fb_busiest *busy, const struct fb_flow_at *at, uint32_t row)
{
	const uint8_t *addr = at->flow->src, family = at->flow->family;
	const uint64_t hash = fb_hash(addr, 16, family);
	uint32_t i = find(busy, hash, addr, family);

	if (i == FB_NONE) {
		if (busy->n == busy->size && resize(busy, busy->size ? busy->size * 2 : FIRST) < 0)
			return -ENOMEM;
		if (fb_index_add(&busy->index, hash, busy->n) < 0)
			return -ENOMEM;
		i = busy->n++;
		busy->host[i] = (struct fb_busiest_host){.family = family, .row = row};
		memcpy(busy->host[i].addr, addr, 16);
	}
	busy->host[i].bytes[FB_UP] += at->traffic->moved_bytes[FB_UP];
	busy->host[i].bytes[FB_DOWN] += at->traffic->moved_bytes[FB_DOWN];
	return 0;
}

const struct fb_busiest_host *fb_busiest_find(const struct fb_busiest *busy,
					      const uint8_t addr[static 16], uint8_t family)
{
	uint32_t i = find(busy, fb_hash(addr, 16, family), addr, family);

	return i == FB_NONE ? NULL : &busy->host[i];
}

static int64_t bytes_of(const struct fb_busiest_host *host)
{
	return host->bytes[FB_UP] + host->bytes[FB_DOWN];
}

unsigned int fb_busiest_top(const struct fb_busiest *busy, const struct fb_busiest_host **top,
			    unsigned int max)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < busy->n; i++) {
		const struct fb_busiest_host *host = &busy->host[i];
		unsigned int at;

		if (n == max && bytes_of(host) <= bytes_of(top[n - 1]))
			continue;
		at = n < max ? n++ : n - 1;
		for (; at && bytes_of(top[at - 1]) < bytes_of(host); at--)
			top[at] = top[at - 1];
		top[at] = host;
	}
	return n;
}
