/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One array of entries, found by address: first those that were learned, numbered by the shares of
 * their tellers, then those that were given, without gaps.
 */
#include "enrich/hostnames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/holders.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/index.h"
#include "util/shares.h"

#define SECOND	1000000000ULL
#define CHECKED 4096 /* entries looked at in a tick, whether their time is over */
#define ALL	(FB_HOSTNAMES_LEARNED + FB_HOSTNAMES_GIVEN)
/* A host that announced itself goes on being called so; its address rarely is another's by then. */
#define LEAST_TIME (24 * 3600 * SECOND)

struct entry {
	char *text; /* owned; NULL: free */
	uint64_t since, time, until;
	uint8_t addr[16];
	uint8_t family, source, origin;
	bool kept; /* given again since fb_hostnames_begin */
};

struct fb_hostnames {
	struct entry *entry; /* [ALL] */
	struct fb_index index;
	struct fb_shares shares; /* of the learned ones */
	struct fb_holders *holders;
	uint32_t n_given;
	uint32_t next_check;
	uint64_t version;
	struct fb_hostnames_counters counters;
};

int fb_hostnames_new(struct fb_hostnames **ret_names)
{
	struct fb_hostnames *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->entry = calloc(ALL, sizeof(*names->entry));
	if (!names->entry || fb_index_init(&names->index) < 0 ||
	    fb_shares_init(&names->shares, FB_HOSTNAMES_LEARNED) < 0 ||
	    fb_holders_new(&names->holders) < 0) {
		fb_hostnames_free(names);
		return -ENOMEM;
	}
	*ret_names = names;
	return 0;
}

void fb_hostnames_free(struct fb_hostnames *names)
{
	if (!names)
		return;
	for (uint32_t i = 0; names->entry && i < FB_HOSTNAMES_LEARNED + names->n_given; i++)
		free(names->entry[i].text);
	free(names->entry);
	fb_index_fini(&names->index);
	fb_shares_fini(&names->shares);
	fb_holders_free(names->holders);
	free(names);
}

static uint64_t hash_of(const uint8_t addr[static 16], uint8_t family)
{
	return fb_hash(addr, 16, family);
}

/* Next entry of the address. */
static bool next_of(const struct fb_hostnames *names, struct fb_index_it *it,
		    const uint8_t addr[static 16], uint8_t family, uint32_t *ret_number)
{
	while (fb_index_next(&names->index, it, ret_number)) {
		const struct entry *entry = &names->entry[*ret_number];

		if (entry->family == family && !memcmp(entry->addr, addr, 16))
			return true;
	}
	return false;
}

/* Of the address, from this origin; learned ones are told apart by their source. */
static uint32_t find(const struct fb_hostnames *names, const uint8_t addr[static 16],
		     uint8_t family, uint8_t origin, uint8_t source)
{
	struct fb_index_it it = fb_index_begin(hash_of(addr, family));
	uint32_t number;

	while (next_of(names, &it, addr, family, &number))
		if (names->entry[number].origin == origin &&
		    (origin || names->entry[number].source == source))
			return number;
	return FB_NONE;
}

/* Its number may be used again. */
static void forget(struct fb_hostnames *names, uint32_t number)
{
	struct entry *entry = &names->entry[number];

	fb_index_remove(&names->index, hash_of(entry->addr, entry->family), number);
	free(entry->text);
	entry->text = NULL;
	names->version++;
}

/* Of hosts themselves and of leases: another may have the address next. */
static bool is_timed(uint8_t source)
{
	return source == FB_NAME_DHCP || source == FB_NAME_MDNS || source == FB_NAME_LEASE;
}

/* It is called so no longer. */
static void keep_past(struct fb_hostnames *names, const struct entry *entry, uint64_t time)
{
	if (is_timed(entry->source) && entry->since < time)
		fb_holders_called(names->holders, entry->addr, entry->family,
				  &(struct fb_holders_name){.text = entry->text,
							    .from = entry->since,
							    .to = time,
							    .source = entry->source});
}

static void end_learned(struct fb_hostnames *names, uint32_t number, uint64_t time)
{
	const struct entry *entry = &names->entry[number];

	keep_past(names, entry, time);
	fb_holders_left(names->holders, entry->addr, entry->family, time);
	forget(names, number);
	fb_shares_give(&names->shares, number);
	names->counters.hosts_ended++;
}

/* The last one takes its place. */
static void end_given(struct fb_hostnames *names, uint32_t number)
{
	const uint32_t last = FB_HOSTNAMES_LEARNED + --names->n_given;
	struct entry *from = &names->entry[last];

	forget(names, number);
	if (number == last)
		return;
	fb_index_remove(&names->index, hash_of(from->addr, from->family), last);
	names->entry[number] = *from;
	*from = (struct entry){0};
	if (fb_index_add(&names->index,
			 hash_of(names->entry[number].addr, names->entry[number].family),
			 number) == 0)
		return;
	/* without memory for its place it cannot be found: it ends as well */
	free(names->entry[number].text);
	names->entry[number].text = NULL;
}

/* Write what the fact says into the entry, which is found from now on. */
static int fill(struct fb_hostnames *names, uint32_t number, const struct fb_addr_fact *fact)
{
	struct entry *entry = &names->entry[number];
	char *text = strndup(fact->name, fact->len);

	if (!text || fb_index_add(&names->index, hash_of(fact->addr, fact->family), number) < 0) {
		free(text);
		return -ENOMEM;
	}
	*entry = (struct entry){.text = text, .since = fact->time, .family = fact->family};
	memcpy(entry->addr, fact->addr, 16);
	return 0;
}

static bool is_text(const struct entry *entry, const struct fb_addr_fact *fact)
{
	return strlen(entry->text) == fact->len && !memcmp(entry->text, fact->name, fact->len);
}

/* The fact's name in place of the one that is there. */
static int renew(struct fb_hostnames *names, uint32_t number, const struct fb_addr_fact *fact)
{
	struct entry *entry = &names->entry[number];

	if (entry->source != fact->source || !is_text(entry, fact)) {
		char *text = strndup(fact->name, fact->len);

		if (!text)
			return -ENOMEM;
		if (entry->source && !is_text(entry, fact)) {
			keep_past(names, entry, fact->time);
			entry->since = fact->time;
		}
		free(entry->text);
		entry->text = text;
		names->version++;
	}
	entry->source = fact->source;
	entry->time = fact->time;
	return 0;
}

static bool is_good(const struct fb_addr_fact *fact)
{
	return fact->len <= FB_NAME_MAX && !memchr(fact->name, '\0', fact->len) &&
	       fb_addr_is_host(fact->addr, fact->family);
}

/* Whose share a learned name takes: its teller's. */
static uint32_t take_number(struct fb_hostnames *names, const struct fb_addr_fact *fact)
{
	const uint8_t *teller = fact->teller ? fact->teller : fact->addr;
	uint8_t key[FB_SHARES_KEY];
	uint32_t number;
	bool evicted;

	key[0] = fact->family;
	memcpy(key + 1, teller, 16);
	number = fb_shares_take(&names->shares, key, &evicted);
	if (number != FB_NONE && evicted) {
		names->counters.hosts_replaced++;
		forget(names, number);
	}
	return number;
}

static int tell_until(struct fb_hostnames *names, const struct fb_addr_fact *fact, uint64_t until)
{
	uint32_t number;
	int r;

	if (!is_good(fact))
		return -EINVAL;
	number = find(names, fact->addr, fact->family, 0, fact->source);
	if (!fact->len) {
		if (number != FB_NONE)
			end_learned(names, number, fact->time);
		return 0;
	}
	if (number == FB_NONE) {
		number = take_number(names, fact);
		if (number == FB_NONE)
			return -ENOMEM;
		if (fill(names, number, fact) < 0) {
			fb_shares_give(&names->shares, number);
			return -ENOMEM;
		}
		names->counters.hosts_learned++;
		names->version++;
	}
	r = renew(names, number, fact);
	fb_shares_renew(&names->shares, number);
	names->entry[number].until = until;
	return r;
}

static uint64_t end_of(const struct fb_addr_fact *fact)
{
	return fact->ttl == FB_ADDR_FOREVER ? FB_HOSTNAMES_FOREVER
					    : fact->time + fact->ttl * SECOND;
}

int fb_hostnames_tell(struct fb_hostnames *names, const struct fb_addr_fact *fact)
{
	const bool announced = fact->source == FB_NAME_MDNS && fact->ttl * SECOND < LEAST_TIME;

	return tell_until(names, fact, announced ? fact->time + LEAST_TIME : end_of(fact));
}

int fb_hostnames_restore(struct fb_hostnames *names, const struct fb_addr_fact *fact)
{
	return tell_until(names, fact, end_of(fact));
}

void fb_hostnames_moved(struct fb_hostnames *names, const uint8_t addr[static 16], uint8_t family,
			uint64_t time)
{
	static const uint8_t sources[] = {FB_NAME_DHCP, FB_NAME_MDNS};

	/* also where it had its name by another address of the device */
	fb_holders_left(names->holders, addr, family, time);
	for (size_t i = 0; i < sizeof(sources); i++) {
		const uint32_t number = find(names, addr, family, 0, sources[i]);

		if (number != FB_NONE)
			end_learned(names, number, time);
	}
}

uint64_t fb_hostnames_since(const struct fb_hostnames *names, const uint8_t addr[static 16],
			    uint8_t family)
{
	return fb_holders_since(names->holders, addr, family);
}

int fb_hostnames_give(struct fb_hostnames *names, uint8_t origin, const struct fb_addr_fact *fact)
{
	uint32_t number;
	struct entry *entry;
	int r;

	if (!fact->len || !is_good(fact))
		return -EINVAL;
	number = find(names, fact->addr, fact->family, origin, 0);
	if (number != FB_NONE && names->entry[number].kept && fact->source == FB_NAME_HOSTS)
		return -EEXIST;
	if (number == FB_NONE) {
		if (names->n_given == FB_HOSTNAMES_GIVEN) {
			names->counters.hosts_not_given++;
			return -ENOSPC;
		}
		number = FB_HOSTNAMES_LEARNED + names->n_given;
		if (fill(names, number, fact) < 0)
			return -ENOMEM;
		names->n_given++;
		names->version++;
	}
	entry = &names->entry[number];
	r = renew(names, number, fact);
	entry->origin = origin;
	entry->kept = true;
	entry->until = end_of(fact);
	return r;
}

void fb_hostnames_begin(struct fb_hostnames *names, uint8_t origin)
{
	for (uint32_t i = 0; i < names->n_given; i++)
		if (names->entry[FB_HOSTNAMES_LEARNED + i].origin == origin)
			names->entry[FB_HOSTNAMES_LEARNED + i].kept = false;
}

void fb_hostnames_end(struct fb_hostnames *names, uint8_t origin)
{
	for (uint32_t i = FB_HOSTNAMES_LEARNED + names->n_given; i-- > FB_HOSTNAMES_LEARNED;)
		if (names->entry[i].origin == origin && !names->entry[i].kept)
			end_given(names, i);
}

bool fb_hostnames_take(struct fb_hostnames *names, uint8_t origin, const uint8_t addr[static 16],
		       uint8_t family)
{
	const uint32_t number = find(names, addr, family, origin, 0);

	if (number != FB_NONE)
		end_given(names, number);
	return number != FB_NONE;
}

static void say(const struct entry *entry, struct fb_hostname *name)
{
	*name = (struct fb_hostname){
		.text = entry->text,
		.since = entry->since,
		.time = entry->time,
		.until = entry->until,
		.family = entry->family,
		.source = entry->source,
		.origin = entry->origin,
	};
	memcpy(name->addr, entry->addr, 16);
}

bool fb_hostnames_find(const struct fb_hostnames *names, const uint8_t addr[static 16],
		       uint8_t family, struct fb_hostname *ret_name)
{
	struct fb_index_it it = fb_index_begin(hash_of(addr, family));
	const struct entry *best = NULL;
	uint32_t number;

	while (next_of(names, &it, addr, family, &number)) {
		const struct entry *entry = &names->entry[number];
		const unsigned int rank = fb_name_rank(entry->source);

		if (!best || rank < fb_name_rank(best->source) ||
		    (rank == fb_name_rank(best->source) && entry->origin < best->origin))
			best = entry;
	}
	if (best)
		say(best, ret_name);
	return best;
}

bool fb_hostnames_find_at(const struct fb_hostnames *names, const uint8_t addr[static 16],
			  uint8_t family, uint64_t began_ns, struct fb_hostname *ret_name)
{
	const bool found = fb_hostnames_find(names, addr, family, ret_name);
	struct fb_holders_name past;

	if (found && (!is_timed(ret_name->source) || ret_name->since <= began_ns))
		return true;
	if (!fb_holders_name(names->holders, addr, family, began_ns, &past))
		return found;
	*ret_name = (struct fb_hostname){
		.text = past.text,
		.since = past.from,
		.time = past.from,
		.until = past.to,
		.family = family,
		.source = past.source,
	};
	memcpy(ret_name->addr, addr, 16);
	return true;
}

bool fb_hostnames_next(const struct fb_hostnames *names, uint32_t *pos,
		       struct fb_hostname *ret_name)
{
	const uint32_t end = FB_HOSTNAMES_LEARNED + names->n_given;

	if (*pos == names->shares.fresh) /* behind it none was learned ever */
		*pos = *pos < FB_HOSTNAMES_LEARNED ? FB_HOSTNAMES_LEARNED : *pos;
	while (*pos < end) {
		const struct entry *entry = &names->entry[(*pos)++];

		if (entry->text) {
			say(entry, ret_name);
			return true;
		}
	}
	return false;
}

void fb_hostnames_tick(struct fb_hostnames *names, uint64_t now_ns)
{
	const uint32_t all = FB_HOSTNAMES_LEARNED + names->n_given;

	for (uint32_t i = 0; i < CHECKED; i++) {
		const uint32_t number = names->next_check;
		const struct entry *entry = &names->entry[number];

		if (entry->text && entry->until < now_ns) {
			if (number < FB_HOSTNAMES_LEARNED)
				end_learned(names, number, entry->until);
			else
				end_given(names, number);
		}
		if (++names->next_check >= all)
			names->next_check = 0;
		if (names->next_check == names->shares.fresh)
			names->next_check = FB_HOSTNAMES_LEARNED < all ? FB_HOSTNAMES_LEARNED : 0;
	}
}

uint64_t fb_hostnames_version(const struct fb_hostnames *names)
{
	return names->version;
}

void fb_hostnames_counters(const struct fb_hostnames *names,
			   struct fb_hostnames_counters *ret_counters)
{
	*ret_counters = names->counters;
}
