/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name cache: what clients were told, each client with a share; and who asks. Entries are
 * chained by bucket, newest first, for one pair may have thousands of names of which the newest
 * are wanted: an index knows no order.
 */
#include "enrich/namecache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "util/index.h"
#include "util/shares.h"

#define ENTRIES_DEFAULT 65536
#define CLIENTS_MAX	16384
#define PAIR_NAMES	128
#define SPANS		4 /* that a name is remembered for, of several that take turns */
#define AFTER_TTL_NS	(3600 * 1000000000ULL)
#define SECOND		1000000000ULL

struct pair {
	uint8_t client[16], addr[16];
	uint8_t client_family, family;
};

/* From its first telling on, for as long as no other name of the pair was told in between. */
struct span {
	uint64_t from, last, until; /* until 0: none */
};

struct entry {
	struct pair pair;
	struct span span[SPANS]; /* when it was told, the newest first */
	uint64_t since;		 /* when it was told first, also before those */
	char *text;		 /* owned */
	uint32_t next;		 /* in the bucket */
	uint8_t source;
};

struct client {
	uint64_t since; /* of its first answer */
	uint8_t addr[16];
	uint8_t family;
};

struct fb_namecache {
	uint32_t max, mask;
	struct entry *entry;
	uint32_t *bucket;
	struct fb_shares shares; /* of entries, by client */
	struct client *client;	 /* [CLIENTS_MAX]: who was seen asking DNS */
	struct fb_index client_index;
	uint32_t n_clients; /* ever; the newest overwrites the oldest */
	struct fb_namecache_counters counters;
};

static uint64_t hash_addr(const uint8_t addr[static 16], uint8_t family)
{
	return fb_hash(addr, 16, family);
}

static uint32_t bucket_of(const struct fb_namecache *cache, const struct pair *pair)
{
	return (uint32_t)fb_hash(pair, sizeof(*pair), 0) & cache->mask;
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
	cache->client = calloc(CLIENTS_MAX, sizeof(*cache->client));
	if (!cache->entry || !cache->bucket || !cache->client ||
	    fb_shares_init(&cache->shares, cache->max) < 0 ||
	    fb_index_init(&cache->client_index) < 0) {
		fb_namecache_free(cache);
		return -ENOMEM;
	}
	memset(cache->bucket, 0xff, (cache->mask + 1) * sizeof(*cache->bucket));
	*ret_cache = cache;
	return 0;
}

void fb_namecache_free(struct fb_namecache *cache)
{
	if (!cache)
		return;
	for (uint32_t i = 0; cache->entry && i < cache->max; i++)
		free(cache->entry[i].text);
	fb_shares_fini(&cache->shares);
	fb_index_fini(&cache->client_index);
	free(cache->entry);
	free(cache->bucket);
	free(cache->client);
	free(cache);
}

/* --- clients --------------------------------------------------------------------------------- */

static const struct client *find_client(const struct fb_namecache *cache,
					const uint8_t addr[static 16], uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash_addr(addr, family));
	uint32_t i;

	while (fb_index_next(&cache->client_index, &it, &i))
		if (cache->client[i].family == family && !memcmp(cache->client[i].addr, addr, 16))
			return &cache->client[i];
	return NULL;
}

static void remember_client(struct fb_namecache *cache, const uint8_t addr[static 16],
			    uint8_t family, uint64_t now_ns)
{
	const uint32_t number = cache->n_clients % CLIENTS_MAX;
	struct client *client = &cache->client[number];

	if (find_client(cache, addr, family))
		return;
	if (cache->n_clients >= CLIENTS_MAX) {
		cache->counters.clients_replaced++;
		fb_index_remove(&cache->client_index, hash_addr(client->addr, client->family),
				number);
	}
	*client = (struct client){.since = now_ns, .family = family};
	memcpy(client->addr, addr, 16);
	cache->n_clients++;
	/* Without it the client is not found: nobody is accused. */
	(void)fb_index_add(&cache->client_index, hash_addr(addr, family), number);
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

	while (*at != FB_NONE && *at != number)
		at = &cache->entry[*at].next;
	if (*at == number)
		*at = cache->entry[number].next;
	free(cache->entry[number].text);
	cache->entry[number].text = NULL;
}

/*
 * The next entry of the pair, newest first; *at begins as its bucket's first. Thousands of names
 * may lead to one address (a proxy's): the newest PAIR_NAMES are looked at, *ret_cut tells that
 * there are more.
 */
static uint32_t next_entry(const struct fb_namecache *cache, const struct pair *pair, uint32_t *at,
			   uint32_t *steps, bool *ret_cut)
{
	while (*at != FB_NONE) {
		const uint32_t number = *at;

		*ret_cut = ++*steps > PAIR_NAMES;
		if (*ret_cut)
			break;
		*at = cache->entry[number].next;
		if (memcmp(&cache->entry[number].pair, pair, sizeof(*pair)) == 0)
			return number;
	}
	return FB_NONE;
}

static uint32_t find_name(const struct fb_namecache *cache, const struct pair *pair,
			  const char *name, bool *ret_cut)
{
	uint32_t at = cache->bucket[bucket_of(cache, pair)], steps = 0, number;

	*ret_cut = false;
	while ((number = next_entry(cache, pair, &at, &steps, ret_cut)) != FB_NONE)
		if (strcasecmp(cache->entry[number].text, name) == 0)
			break;
	return number;
}

/* The span in which the name held at that moment; NULL: it did not. */
static const struct span *span_at(const struct entry *entry, uint64_t at_ns)
{
	for (unsigned int i = 0; i < SPANS && entry->span[i].until; i++)
		if (entry->span[i].from <= at_ns)
			return entry->span[i].until + AFTER_TTL_NS >= at_ns ? &entry->span[i]
									    : NULL;
	return NULL;
}

/* The entry of what was told last before that moment, and still held. */
static uint32_t find_at(const struct fb_namecache *cache, const struct pair *pair, uint64_t at_ns,
			const struct span **ret_span)
{
	uint32_t at = cache->bucket[bucket_of(cache, pair)], steps = 0, number, best = FB_NONE;
	bool cut;

	while ((number = next_entry(cache, pair, &at, &steps, &cut)) != FB_NONE) {
		const struct span *span = span_at(&cache->entry[number], at_ns);

		if (!span || (best != FB_NONE && span->from <= (*ret_span)->from))
			continue;
		best = number;
		*ret_span = span;
	}
	return best;
}

/* Was another name of the pair told since this one was? */
static bool has_rival(const struct fb_namecache *cache, uint32_t entry)
{
	const struct pair *pair = &cache->entry[entry].pair;
	uint32_t at = cache->bucket[bucket_of(cache, pair)], steps = 0, number;
	bool cut;

	while ((number = next_entry(cache, pair, &at, &steps, &cut)) != FB_NONE)
		if (number != entry &&
		    cache->entry[number].span[0].last >= cache->entry[entry].span[0].last)
			return true;
	return false;
}

/* It was told again, or for the first time. */
static void tell(struct fb_namecache *cache, uint32_t number, uint64_t time, uint32_t ttl)
{
	struct entry *entry = &cache->entry[number];
	struct span *span = entry->span;

	if (!span->until || time > span->until + AFTER_TTL_NS || has_rival(cache, number)) {
		memmove(&span[1], &span[0], (SPANS - 1) * sizeof(*span));
		*span = (struct span){.from = time};
	}
	span->last = time;
	if (span->until < time + ttl * SECOND)
		span->until = time + ttl * SECOND;
}

/* Without a text yet. */
static uint32_t new_entry(struct fb_namecache *cache, const struct pair *pair, uint64_t now_ns)
{
	uint8_t key[FB_SHARES_KEY] = {pair->client_family};
	uint32_t number, *bucket;
	bool evicted;

	memcpy(key + 1, pair->client, 16);
	number = fb_shares_take(&cache->shares, key, &evicted);
	if (number == FB_NONE)
		return number;
	if (evicted) {
		cache->counters.names_replaced += cache->entry[number].span[0].until >= now_ns;
		forget(cache, number);
	}
	bucket = &cache->bucket[bucket_of(cache, pair)];
	cache->entry[number] = (struct entry){.pair = *pair, .since = now_ns, .next = *bucket};
	*bucket = number;
	cache->counters.names_learned++;
	return number;
}

int fb_namecache_add(struct fb_namecache *cache, const struct fb_addr_fact *fact)
{
	_cleanup_free_ char *text = NULL;
	struct pair pair;
	struct entry *entry;
	uint32_t number;
	bool cut;

	if (fact->len == 0 || fact->len > FB_NAME_MAX || memchr(fact->name, '\0', fact->len))
		return -EINVAL;
	remember_client(cache, fact->client, fact->client_family, fact->time);
	text = strndup(fact->name, fact->len);
	if (!text)
		return -ENOMEM;
	make_pair(&pair, fact->client, fact->client_family, fact->addr, fact->family);
	number = find_name(cache, &pair, text, &cut);
	if (number == FB_NONE)
		number = new_entry(cache, &pair, fact->time);
	else
		fb_shares_renew(&cache->shares, number);
	if (number == FB_NONE)
		return -ENOMEM;
	entry = &cache->entry[number];
	free(entry->text);
	entry->text = TAKE_PTR(text);
	entry->source = fact->source;
	tell(cache, number, fact->time, fact->ttl);
	return 0;
}

bool fb_namecache_find(const struct fb_namecache *cache, const uint8_t client[static 16],
		       uint8_t client_family, const uint8_t addr[static 16], uint8_t family,
		       uint64_t at_ns, struct fb_namecache_name *ret_name)
{
	const struct span *span = NULL;
	struct pair pair;
	uint32_t number;

	make_pair(&pair, client, client_family, addr, family);
	number = find_at(cache, &pair, at_ns, &span);
	if (number == FB_NONE)
		return false;
	*ret_name = (struct fb_namecache_name){
		.text = cache->entry[number].text,
		.time = span->from,
		.source = cache->entry[number].source,
	};
	return true;
}

enum fb_namecache_asked fb_namecache_asked(const struct fb_namecache *cache,
					   const uint8_t client[static 16], uint8_t client_family,
					   const uint8_t addr[static 16], uint8_t family,
					   const char *name, uint64_t began_ns)
{
	const struct client *asker = find_client(cache, client, client_family);
	struct pair pair;
	uint32_t number;
	bool cut;

	if (!asker || asker->since > began_ns)
		return FB_NAMECACHE_SILENT; /* its DNS may go another way */
	make_pair(&pair, client, client_family, addr, family);
	number = find_name(cache, &pair, name, &cut);
	if (number == FB_NONE ? !cut : cache->entry[number].since > began_ns)
		return FB_NAMECACHE_UNEXPLAINED;
	return FB_NAMECACHE_EXPLAINED;
}

void fb_namecache_counters(const struct fb_namecache *cache,
			   struct fb_namecache_counters *ret_counters)
{
	*ret_counters = cache->counters;
}
