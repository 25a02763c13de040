/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/dnstunnel.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/dga.h"
#include "util/hash.h"

#define WAYS	    4 /* places that one may have */
#define LATELY	    (FB_DNSTUNNEL_MINUTES * 60)
#define SECOND_NS   1000000000ULL
#define NAME_MOST   255
#define ODD_NAMES   8
#define TYPE_A	    1
#define TYPE_AAAA   28
#define TYPE_HTTPS  65
#define CHILD_WORDS 4

/* 64 bytes: a name that a client asks for names below of. */
struct fb_dnstunnel_parent {
	uint64_t key;		     /* of client and parent */
	uint64_t child[CHILD_WORDS]; /* a bit for each child, by its hash */
	uint32_t last;		     /* s + 1; 0: the place is free */
	uint32_t characters;	     /* of the children that had no bit yet */
	uint16_t children, others;   /* of them: all, and those that were not asked for addresses */
	uint32_t client;	     /* who asks, by its hash */
	uint32_t unused;
};

struct fb_dnstunnel_client {
	uint8_t addr[16];
	uint32_t last; /* s + 1; 0: the place is free */
	uint32_t next;
	struct {
		uint32_t name, time;
	} odd[ODD_NAMES]; /* the last ones */
};

_Static_assert(sizeof(struct fb_dnstunnel_parent) == 64, "a line of memory");

int fb_dnstunnel_init(struct fb_dnstunnel *tunnels, bool secret)
{
	*tunnels = (struct fb_dnstunnel){.secret = secret};
	tunnels->parent = calloc(FB_DNSTUNNEL_PARENTS, sizeof(*tunnels->parent));
	tunnels->client = calloc(FB_DNSTUNNEL_CLIENTS, sizeof(*tunnels->client));
	if (tunnels->parent && tunnels->client)
		return 0;
	fb_dnstunnel_fini(tunnels);
	return -ENOMEM;
}

void fb_dnstunnel_fini(struct fb_dnstunnel *tunnels)
{
	free(tunnels->parent);
	free(tunnels->client);
	*tunnels = (struct fb_dnstunnel){.parents_full = 0};
}

static uint32_t seconds(uint64_t time_ns)
{
	return (uint32_t)(time_ns / SECOND_NS) + 1;
}

static bool is_silent(uint32_t last, uint32_t now)
{
	return now > last && now - last > LATELY;
}

/* --- tunnels ---------------------------------------------------------------------------------- */

struct question {
	const uint8_t *addr;
	uint32_t client; /* a hash of it */
	bool address;
	uint32_t now;
};

/* Who is to make room: who was silent for long, then one of the same client, then the oldest. */
static unsigned int claim_of(const struct fb_dnstunnel_parent *place,
			     const struct question *question)
{
	if (!place->last || is_silent(place->last, question->now))
		return 2;
	return place->client == question->client;
}

/* So one client, however many names it asks for, takes a place of each bucket from others. */
static struct fb_dnstunnel_parent *place_of(struct fb_dnstunnel_parent bucket[static WAYS],
					    const struct question *question)
{
	struct fb_dnstunnel_parent *place = bucket;

	for (unsigned int i = 1; i < WAYS; i++) {
		const unsigned int claim = claim_of(&bucket[i], question);
		const unsigned int best = claim_of(place, question);

		if (claim > best || (claim == best && bucket[i].last < place->last))
			place = &bucket[i];
	}
	return place;
}

static struct fb_dnstunnel_parent *parent_of(struct fb_dnstunnel *tunnels, uint64_t key,
					     const struct question *question)
{
	struct fb_dnstunnel_parent *bucket =
		&tunnels->parent[key % (FB_DNSTUNNEL_PARENTS / WAYS) * WAYS];
	struct fb_dnstunnel_parent *place = NULL;

	for (unsigned int i = 0; i < WAYS && !place; i++)
		if (bucket[i].last && bucket[i].key == key)
			place = &bucket[i];
	if (place && !is_silent(place->last, question->now))
		return place;
	if (!place) {
		place = place_of(bucket, question);
		tunnels->parents_full += claim_of(place, question) < 2;
	}
	*place = (struct fb_dnstunnel_parent){.key = key, .client = question->client};
	return place;
}

static uint64_t hash_of(const struct fb_dnstunnel *tunnels, const void *data, size_t len)
{
	return tunnels->secret ? fb_hash(data, len, 0) : fb_hash_fixed(data, len);
}

static uint64_t key_of(const struct fb_dnstunnel *tunnels, const struct question *question,
		       const char *parent, size_t len)
{
	uint8_t text[16 + NAME_MOST];

	memcpy(text, question->addr, 16);
	memcpy(text + 16, parent, len);
	return hash_of(tunnels, text, 16 + len);
}

static bool is_tunnel(const struct fb_dnstunnel_parent *parent)
{
	return (parent->others >= FB_DNSTUNNEL_CHILDREN ||
		parent->children >= FB_DNSTUNNEL_ADDRESSES) &&
	       parent->characters >= (uint32_t)parent->children * FB_DNSTUNNEL_LENGTH;
}

/* How many children the parent has, if it is a tunnel's. */
static unsigned int note(struct fb_dnstunnel *tunnels, const struct question *question,
			 uint64_t key, const char *child, size_t len)
{
	struct fb_dnstunnel_parent *parent = parent_of(tunnels, key, question);
	const uint64_t hash = hash_of(tunnels, child, len);
	uint64_t *word = &parent->child[hash / 64 % CHILD_WORDS];
	const uint64_t bit = 1ULL << hash % 64;

	parent->last = question->now;
	if (!(*word & bit)) {
		*word |= bit;
		parent->children++;
		parent->others += !question->address;
		parent->characters += (uint32_t)len;
	}
	return is_tunnel(parent) ? parent->children : 0;
}

static size_t lower(char text[static NAME_MOST + 1], const char *name)
{
	size_t len = 0;

	for (; name[len] && len < NAME_MOST; len++)
		text[len] = (char)tolower((unsigned char)name[len]);
	text[len] = '\0';
	return len;
}

unsigned int fb_dnstunnel_asked(struct fb_dnstunnel *tunnels, const uint8_t client[static 16],
				const char *name, uint16_t type, uint64_t time_ns)
{
	const struct question question = {
		.addr = client,
		.client = (uint32_t)hash_of(tunnels, client, 16),
		.address = type == TYPE_A || type == TYPE_AAAA || type == TYPE_HTTPS,
		.now = seconds(time_ns),
	};
	char text[NAME_MOST + 1];
	const size_t len = lower(text, name);
	const size_t first = strcspn(text, ".");
	unsigned int below = 0, behind = 0;
	const char *label;

	if (!fb_dga_label(text, &label))
		return 0;
	if (label > text)
		below = note(tunnels, &question,
			     key_of(tunnels, &question, label, (size_t)(text + len - label)), text,
			     (size_t)(label - text) - 1);
	/*
	 * A tunnel to a server without a domain has its mark in front, and data behind it. So have
	 * services, but those begin with "_".
	 */
	if (first < len && *text != '_')
		behind = note(tunnels, &question, ~key_of(tunnels, &question, text, first),
			      text + first + 1, len - first - 1);
	return below > behind ? below : behind;
}

/* --- names that are not there ----------------------------------------------------------------- */

static struct fb_dnstunnel_client *client_of(struct fb_dnstunnel *tunnels,
					     const uint8_t addr[static 16], uint32_t now)
{
	struct fb_dnstunnel_client *bucket =
		&tunnels->client[hash_of(tunnels, addr, 16) % (FB_DNSTUNNEL_CLIENTS / WAYS) * WAYS];
	struct fb_dnstunnel_client *oldest = bucket;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (bucket[i].last && !memcmp(bucket[i].addr, addr, 16))
			return &bucket[i];
		if (bucket[i].last < oldest->last)
			oldest = &bucket[i];
	}
	tunnels->clients_full += oldest->last && !is_silent(oldest->last, now);
	*oldest = (struct fb_dnstunnel_client){.last = now};
	memcpy(oldest->addr, addr, 16);
	return oldest;
}

/* The same name again is no other one, but it is of now. */
static void note_odd(struct fb_dnstunnel_client *client, uint32_t name, uint32_t now)
{
	unsigned int i = 0;

	while (i < ODD_NAMES && (!client->odd[i].time || client->odd[i].name != name))
		i++;
	if (i == ODD_NAMES)
		i = client->next++ % ODD_NAMES;
	client->odd[i].name = name;
	client->odd[i].time = now;
	client->last = now;
}

unsigned int fb_dnstunnel_absent(struct fb_dnstunnel *tunnels, const uint8_t client[static 16],
				 const char *name, uint64_t time_ns)
{
	const uint32_t now = seconds(time_ns);
	struct fb_dnstunnel_client *at;
	char text[NAME_MOST + 1];
	const char *label;
	unsigned int n = 0;
	size_t len;

	lower(text, name);
	len = fb_dga_label(text, &label);
	if (!len || fb_dga_score(label, len) <= 0)
		return 0;
	at = client_of(tunnels, client, now);
	note_odd(at, (uint32_t)hash_of(tunnels, label, len), now);
	for (unsigned int i = 0; i < ODD_NAMES; i++)
		n += at->odd[i].time && !is_silent(at->odd[i].time, now);
	return n >= FB_DNSTUNNEL_ABSENT ? n : 0;
}
