/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name cache: a ring of entries, the oldest overwritten, with a hash index of two keys per
 * entry: (client, address), and address alone for names that hosts told of themselves.
 */
#include "enrich/namecache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "util/scope.h"

#define ENTRIES_DEFAULT 65536
#define HOSTS_MAX	16384
#define CLIENTS_MAX	16384
#define PAIR_NAMES	128
#define AFTER_TTL_NS	(3600 * 1000000000ULL)
#define SECOND		1000000000ULL
#define NONE		UINT32_MAX

struct pair {
	uint8_t client[16], addr[16];
	uint8_t client_family, family;
};

struct entry {
	struct pair pair;
	uint64_t time, until;
	char *text;    /* owned; NULL: free */
	uint32_t next; /* in the bucket */
	uint8_t source;
};

struct host {
	struct host *next;
	uint64_t time; /* when it last told it */
	uint8_t addr[16];
	uint8_t family, source;
	char text[];
};

struct client {
	struct client *next;
	uint64_t since; /* of its first answer */
	uint8_t addr[16];
	uint8_t family;
};

struct fb_namecache {
	uint32_t max, mask, at;
	struct entry *entry;
	uint32_t *bucket;
	struct host **host_bucket;
	uint32_t n_hosts;
	uint64_t hosts_version;
	struct client **client_bucket; /* who was seen asking DNS */
	uint32_t n_clients;
	uint64_t seed;
	struct fb_namecache_counters counters;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)(a ^ 0x9e3779b97f4a7c15ULL) * (b ^ a);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_addr(uint64_t seed, const uint8_t addr[static 16], uint8_t family)
{
	uint64_t word[2];

	memcpy(word, addr, sizeof(word));
	return mix(mix(seed + family, word[0] | 1), word[1] | 2);
}

static uint32_t bucket_of(const struct fb_namecache *cache, const struct pair *pair)
{
	const uint64_t client = hash_addr(cache->seed, pair->client, pair->client_family);

	return (uint32_t)hash_addr(client, pair->addr, pair->family) & cache->mask;
}

int fb_namecache_new(uint32_t entries, struct fb_namecache **ret_cache)
{
	struct fb_namecache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return -ENOMEM;
	cache->max = entries ? entries : ENTRIES_DEFAULT;
	cache->mask = 1023;
	while (cache->mask + 1 < cache->max)
		cache->mask = cache->mask * 2 + 1;
	cache->entry = calloc(cache->max, sizeof(*cache->entry));
	cache->bucket = malloc((cache->mask + 1) * sizeof(*cache->bucket));
	cache->host_bucket = calloc(HOSTS_MAX, sizeof(struct host *));
	cache->client_bucket = calloc(CLIENTS_MAX, sizeof(struct client *));
	if (!cache->entry || !cache->bucket || !cache->host_bucket || !cache->client_bucket ||
	    getrandom(&cache->seed, sizeof(cache->seed), 0) != sizeof(cache->seed)) {
		fb_namecache_free(cache);
		return -ENOMEM;
	}
	memset(cache->bucket, 0xff, (cache->mask + 1) * sizeof(*cache->bucket));
	*ret_cache = cache;
	return 0;
}

static void free_hosts(struct host *host)
{
	while (host) {
		struct host *next = host->next;

		free(host);
		host = next;
	}
}

static void free_clients(struct client *client)
{
	while (client) {
		struct client *next = client->next;

		free(client);
		client = next;
	}
}

void fb_namecache_free(struct fb_namecache *cache)
{
	if (!cache)
		return;
	for (uint32_t i = 0; cache->entry && i < cache->max; i++)
		free(cache->entry[i].text);
	for (uint32_t i = 0; cache->host_bucket && i < HOSTS_MAX; i++)
		free_hosts(cache->host_bucket[i]);
	for (uint32_t i = 0; cache->client_bucket && i < CLIENTS_MAX; i++)
		free_clients(cache->client_bucket[i]);
	free(cache->entry);
	free(cache->bucket);
	free(cache->host_bucket);
	free(cache->client_bucket);
	free(cache);
}

/* --- hosts and clients ----------------------------------------------------------------------- */

static struct host **host_slot(const struct fb_namecache *cache, const uint8_t addr[static 16],
			       uint8_t family)
{
	struct host **at =
		&cache->host_bucket[hash_addr(cache->seed, addr, family) & (HOSTS_MAX - 1)];

	while (*at && ((*at)->family != family || memcmp((*at)->addr, addr, 16) != 0))
		at = &(*at)->next;
	return at;
}

static int put_host(struct fb_namecache *cache, const struct fb_addr_fact *fact)
{
	struct host **at = host_slot(cache, fact->addr, fact->family), *host, *old = *at;

	if (old && strlen(old->text) == fact->len &&
	    memcmp(old->text, fact->name, fact->len) == 0) {
		old->source = fact->source;
		old->time = fact->time;
		return 0;
	}
	if (!old && cache->n_hosts == HOSTS_MAX) {
		cache->counters.hosts_full++;
		return 0;
	}
	host = calloc(1, sizeof(*host) + fact->len + 1);
	if (!host)
		return -ENOMEM;
	memcpy(host->addr, fact->addr, 16);
	host->family = fact->family;
	host->source = fact->source;
	host->time = fact->time;
	memcpy(host->text, fact->name, fact->len);
	host->next = old ? old->next : NULL;
	*at = host;
	cache->n_hosts += !old;
	cache->hosts_version++;
	free(old);
	return 0;
}

const char *fb_namecache_host(const struct fb_namecache *cache, const uint8_t addr[static 16],
			      uint8_t family)
{
	const struct host *host = *host_slot(cache, addr, family);

	return host ? host->text : NULL;
}

uint64_t fb_namecache_hosts_version(const struct fb_namecache *cache)
{
	return cache->hosts_version;
}

static struct client **client_slot(const struct fb_namecache *cache, const uint8_t addr[static 16],
				   uint8_t family)
{
	struct client **at =
		&cache->client_bucket[hash_addr(cache->seed, addr, family) & (CLIENTS_MAX - 1)];

	while (*at && ((*at)->family != family || memcmp((*at)->addr, addr, 16) != 0))
		at = &(*at)->next;
	return at;
}

static void remember_client(struct fb_namecache *cache, const uint8_t addr[static 16],
			    uint8_t family, uint64_t now_ns)
{
	struct client **at = client_slot(cache, addr, family);

	if (*at)
		return;
	if (cache->n_clients == CLIENTS_MAX) {
		cache->counters.clients_full++;
		return;
	}
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return;
	memcpy((*at)->addr, addr, 16);
	(*at)->family = family;
	(*at)->since = now_ns;
	cache->n_clients++;
}

/* --- answers --------------------------------------------------------------------------------- */

static void make_pair(struct pair *pair, const uint8_t *client, uint8_t client_family,
		      const uint8_t *addr, uint8_t family)
{
	memset(pair, 0, sizeof(*pair));
	if (client_family)
		memcpy(pair->client, client, 16);
	memcpy(pair->addr, addr, 16);
	pair->client_family = client_family;
	pair->family = family;
}

static void forget(struct fb_namecache *cache, uint32_t number)
{
	uint32_t *at = &cache->bucket[bucket_of(cache, &cache->entry[number].pair)];

	while (*at != NONE && *at != number)
		at = &cache->entry[*at].next;
	if (*at == number)
		*at = cache->entry[number].next;
	free(cache->entry[number].text);
	cache->entry[number].text = NULL;
}

/*
 * The entry of the pair that has this name (NULL: the newest that still holds). Thousands of names
 * may lead to one address (a blocker answers 0.0.0.0): the newest PAIR_NAMES are looked at,
 * *ret_cut tells that there are more.
 */
static uint32_t find_entry(const struct fb_namecache *cache, const struct pair *pair,
			   const char *name, uint64_t now_ns, bool *ret_cut)
{
	uint32_t best = NONE, steps = 0;

	*ret_cut = false;
	for (uint32_t i = cache->bucket[bucket_of(cache, pair)]; i != NONE;
	     i = cache->entry[i].next) {
		const struct entry *entry = &cache->entry[i];

		if (++steps > PAIR_NAMES) {
			*ret_cut = true;
			break;
		}

		if (memcmp(&entry->pair, pair, sizeof(*pair)) != 0)
			continue;
		if (name && strcasecmp(entry->text, name) == 0)
			return i;
		if (!name && entry->until + AFTER_TTL_NS >= now_ns &&
		    (best == NONE || entry->time > cache->entry[best].time))
			best = i;
	}
	return best;
}

int fb_namecache_add(struct fb_namecache *cache, const struct fb_addr_fact *fact)
{
	_cleanup_free_ char *text = NULL;
	struct pair pair;
	struct entry *entry;
	uint32_t number, *bucket;
	bool cut;

	if (fact->len == 0 || fact->len > FB_NAME_MAX || memchr(fact->name, '\0', fact->len))
		return -EINVAL;
	if (!fact->client_family)
		return put_host(cache, fact);
	remember_client(cache, fact->client, fact->client_family, fact->time);
	text = strndup(fact->name, fact->len);
	if (!text)
		return -ENOMEM;
	make_pair(&pair, fact->client, fact->client_family, fact->addr, fact->family);
	number = find_entry(cache, &pair, text, fact->time, &cut);
	if (number == NONE) {
		number = cache->at++ % cache->max;
		if (cache->entry[number].text) {
			cache->counters.names_replaced += cache->entry[number].until >= fact->time;
			forget(cache, number);
		}
		entry = &cache->entry[number];
		bucket = &cache->bucket[bucket_of(cache, &pair)];
		*entry = (struct entry){.pair = pair, .text = TAKE_PTR(text), .next = *bucket};
		*bucket = number;
		cache->counters.names_learned++;
	}
	entry = &cache->entry[number];
	entry->source = fact->source;
	entry->time = fact->time;
	entry->until = fact->time + fact->ttl * SECOND;
	return 0;
}

bool fb_namecache_find(const struct fb_namecache *cache, const uint8_t client[static 16],
		       uint8_t client_family, const uint8_t addr[static 16], uint8_t family,
		       uint64_t now_ns, struct fb_namecache_name *ret_name)
{
	struct pair pair;
	uint32_t number;
	bool cut;

	make_pair(&pair, client, client_family, addr, family);
	number = find_entry(cache, &pair, NULL, now_ns, &cut);
	if (number == NONE) {
		const struct host *host = *host_slot(cache, addr, family);

		if (!host)
			return false;
		*ret_name = (struct fb_namecache_name){host->text, host->time, host->source};
		return true;
	}
	*ret_name = (struct fb_namecache_name){
		.text = cache->entry[number].text,
		.time = cache->entry[number].time,
		.source = cache->entry[number].source,
	};
	return true;
}

bool fb_namecache_is_unexplained(const struct fb_namecache *cache, const uint8_t client[static 16],
				 uint8_t client_family, const uint8_t addr[static 16],
				 uint8_t family, const char *name, uint64_t began_ns)
{
	const struct client *asker = *client_slot(cache, client, client_family);
	struct pair pair;
	bool cut;

	if (!asker || asker->since > began_ns)
		return false; /* it asks where we do not see it, or did then */
	make_pair(&pair, client, client_family, addr, family);
	return find_entry(cache, &pair, name, began_ns, &cut) == NONE && !cut;
}

void fb_namecache_counters(const struct fb_namecache *cache,
			   struct fb_namecache_counters *ret_counters)
{
	*ret_counters = cache->counters;
}
