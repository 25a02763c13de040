/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing by a seeded hash, which stands for the host. */
#include "past/busiest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

#define FIRST 1024

static int make_room(struct fb_busy *busy, uint32_t size)
{
	struct fb_busy_host *host = calloc(size, sizeof(*host));

	if (!host)
		return -ENOMEM;
	free(busy->host);
	busy->host = host;
	busy->mask = size - 1;
	busy->n = 0;
	return 0;
}

int fb_busy_init(struct fb_busy *busy)
{
	*busy = (struct fb_busy){.seed = fb_hash_seed()};
	return make_room(busy, FIRST);
}

void fb_busy_fini(struct fb_busy *busy)
{
	free(busy->host);
	*busy = (struct fb_busy){0};
}

void fb_busy_clear(struct fb_busy *busy)
{
	if (busy->mask >= FIRST && busy->n < busy->mask / 16 &&
	    make_room(busy, (busy->mask + 1) / 4) == 0)
		return;
	if (busy->n)
		memset(busy->host, 0, ((size_t)busy->mask + 1) * sizeof(*busy->host));
	busy->n = 0;
}

static struct fb_busy_host *place_of(const struct fb_busy *busy, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & busy->mask;

	while (busy->host[i].hash && busy->host[i].hash != hash)
		i = (i + 1) & busy->mask;
	return &busy->host[i];
}

static int grow(struct fb_busy *busy)
{
	struct fb_busy larger = {.seed = busy->seed};

	if (make_room(&larger, (busy->mask + 1) * 4) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i <= busy->mask; i++)
		if (busy->host[i].hash)
			*place_of(&larger, busy->host[i].hash) = busy->host[i];
	larger.n = busy->n;
	free(busy->host);
	*busy = larger;
	return 0;
}

static uint64_t hash_of(const struct fb_busy *busy, const uint8_t *addr, uint8_t family)
{
	uint64_t hash = fb_hash(addr, 16, busy->seed + family);

	return hash ? hash : 1;
}

int fb_busy_add(struct fb_busy *busy, const struct fb_flow_at *at, uint32_t row)
{
	const uint64_t hash = hash_of(busy, at->flow->src, at->flow->family);
	struct fb_busy_host *host = place_of(busy, hash);

	if (!host->hash) {
		if (busy->n >= busy->mask / 2) {
			if (grow(busy) < 0)
				return -ENOMEM;
			host = place_of(busy, hash);
		}
		*host = (struct fb_busy_host){.hash = hash, .row = row};
		busy->n++;
	}
	host->bytes[FB_UP] += at->traffic->moved_bytes[FB_UP];
	host->bytes[FB_DOWN] += at->traffic->moved_bytes[FB_DOWN];
	return 0;
}

const struct fb_busy_host *fb_busy_find(const struct fb_busy *busy, const uint8_t addr[static 16],
					uint8_t family)
{
	const struct fb_busy_host *host = place_of(busy, hash_of(busy, addr, family));

	return host->hash ? host : NULL;
}

static int64_t bytes_of(const struct fb_busy_host *host)
{
	return host->bytes[FB_UP] + host->bytes[FB_DOWN];
}

unsigned int fb_busy_top(const struct fb_busy *busy, const struct fb_busy_host **top,
			 unsigned int max)
{
	unsigned int n = 0;

	for (uint32_t i = 0; busy->n && i <= busy->mask; i++) {
		const struct fb_busy_host *host = &busy->host[i];
		unsigned int at;

		if (!host->hash || (n == max && bytes_of(host) <= bytes_of(top[n - 1])))
			continue;
		at = n < max ? n++ : n - 1;
		for (; at && bytes_of(top[at - 1]) < bytes_of(host); at--)
			top[at] = top[at - 1];
		top[at] = host;
	}
	return n;
}
