/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry a key, by who goes before: exceptions, blocks, limits, and of these the older rule. */
#include "engine/ruleorder.h"

#include <string.h>

#include "util/select.h"

int fb_ruleorder_compare(const struct fb_rulemaps_entry *a, const struct fb_rulemaps_entry *b)
{
	if (a->match.kind != b->match.kind)
		return a->match.kind < b->match.kind ? -1 : 1;
	switch (a->match.kind) {
	case FB_MATCH_NET:
		return memcmp(&a->match.net, &b->match.net, sizeof(a->match.net));
	case FB_MATCH_TUPLE:
		return memcmp(&a->match.tuple, &b->match.tuple, sizeof(a->match.tuple));
	default:
		return strcmp(a->match.name.name, b->match.name.name);
	}
}

unsigned int fb_ruleorder_seek(const struct fb_rulemaps_entry *entry, unsigned int n,
			       const uint8_t addr[static 16], uint32_t bits)
{
	struct fb_rulemaps_entry wanted = {.match = {.kind = FB_MATCH_NET, .net.bits = bits}};
	unsigned int from = 0, to = n;

	memcpy(wanted.match.net.addr, addr, sizeof(wanted.match.net.addr));
	while (from < to) {
		const unsigned int middle = from + (to - from) / 2;

		if (fb_ruleorder_compare(&entry[middle], &wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Which of two goes before. */
enum rank {
	RANK_EXCEPTION,
	RANK_BLOCK,
	RANK_LIMIT,
};

static enum rank rank(const struct fb_rulemaps_entry *entry)
{
	return entry->exception			    ? RANK_EXCEPTION
	       : entry->rule->verb == FB_RULE_LIMIT ? RANK_LIMIT
						    : RANK_BLOCK;
}

/* Then the older rule. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct fb_rulemaps_entry *x = a, *y = b;
	const int keys = fb_ruleorder_compare(x, y);

	(void)ctx;
	if (keys)
		return keys;
	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* The rule that says more of a name fills what the ones before it leave open. */
static void merge_names(struct fb_rulemaps_entry *entry, const struct fb_rulemaps_entry *other)
{
	struct fb_rule_name *to = &entry->match.name;

	if (!to->at)
		to->at = other->match.name.at;
	if (!to->below)
		to->below = other->match.name.below;
}

static unsigned int make_unique(struct fb_rulemaps_entry *all, unsigned int n_all)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_all; i++) {
		struct fb_rulemaps_entry *entry = &all[i];

		if (entry->match.kind == FB_MATCH_NAME) {
			entry->match.name.at *= entry->number;
			entry->match.name.below *= entry->number;
		}
	}
	fb_sort(all, n_all, sizeof(*all), compare, NULL);
	for (unsigned int i = 0; i < n_all; i++) {
		if (n && !fb_ruleorder_compare(&all[n - 1], &all[i])) {
			if (all[i].match.kind == FB_MATCH_NAME)
				merge_names(&all[n - 1], &all[i]);
			continue;
		}
		all[n++] = all[i];
	}
	return n;
}

/* Does the wider one hold for what the narrower is about, too? Of two blocks either will do. */
static bool goes_before(const struct fb_rulemaps_entry *wide, const struct fb_rulemaps_entry *entry)
{
	if (rank(wide) != rank(entry))
		return rank(wide) < rank(entry);
	return rank(wide) == RANK_LIMIT && wide->rule->id < entry->rule->id;
}

/* The entry of this prefix; NULL: there is none. */
static struct fb_rulemaps_entry *find_net(struct fb_rulemaps_entry *all, unsigned int n,
					  const struct fb_cidr *net)
{
	const unsigned int i = fb_ruleorder_seek(all, n, net->addr, net->bits);

	if (i == n || all[i].match.kind != FB_MATCH_NET || all[i].match.net.bits != net->bits ||
	    memcmp(all[i].match.net.addr, net->addr, sizeof(net->addr)) != 0)
		return NULL;
	return &all[i];
}

static void widen_one(struct fb_rulemaps_entry *all, unsigned int n,
		      struct fb_rulemaps_entry *entry, const bool wides[129])
{
	const struct fb_cidr net = fb_rulekind_net(&entry->match.net);

	for (uint8_t bits = net.family == FB_IPV4 ? 96 : 0; bits < net.bits; bits++) {
		const struct fb_cidr wider = fb_cidr_widen(&net, bits);
		const struct fb_rulemaps_entry *wide =
			wides[bits] ? find_net(all, n, &wider) : NULL;

		if (!wide || !wide->rule || !goes_before(wide, entry))
			continue;
		entry->number = wide->number;
		entry->exception = wide->exception;
		entry->rule = wide->rule;
	}
}

/* The longest prefix is found: what lies within one that goes before it is that one, too. */
static void widen(struct fb_rulemaps_entry *all, unsigned int n)
{
	bool wides[129] = {false}, limits = false;

	for (unsigned int i = 0; i < n; i++)
		limits |= rank(&all[i]) == RANK_LIMIT;
	for (unsigned int i = 0; i < n; i++) {
		const struct fb_rulemaps_entry *entry = &all[i];

		if (entry->match.kind == FB_MATCH_NET && entry->rule &&
		    (limits || entry->exception))
			wides[entry->match.net.bits] = true;
	}
	for (unsigned int i = 0; i < n; i++)
		if (all[i].match.kind == FB_MATCH_NET)
			widen_one(all, n, &all[i], wides);
}

unsigned int fb_ruleorder_make(struct fb_rulemaps_entry *entry, unsigned int n)
{
	n = make_unique(entry, n);
	widen(entry, n);
	return n;
}
