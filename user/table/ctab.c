/* SPDX-License-Identifier: BSD-2-Clause */
/* The conntrack entries; see the header. */
#include "table/ctab.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ENTRIES 256

int fb_ctab_init(struct fb_ctab *ctab, uint32_t max)
{
	*ctab = (struct fb_ctab){.max = max, .free = FB_NONE};
	return fb_index_init(&ctab->index);
}

void fb_ctab_fini(struct fb_ctab *ctab)
{
	free(ctab->entry);
	fb_index_fini(&ctab->index);
}

uint64_t fb_tuple_hash(const struct fb_tuple *tuple)
{
	struct {
		uint8_t addr[2][16];
		uint16_t port[2];
		uint8_t proto, family;
		uint16_t zero;
	} key = {.proto = tuple->proto, .family = tuple->family};
	int order = memcmp(tuple->addr[0], tuple->addr[1], 16);
	int low;

	low = order ? order > 0 : tuple->port[0] > tuple->port[1];
	memcpy(key.addr[0], tuple->addr[low], 16);
	memcpy(key.addr[1], tuple->addr[!low], 16);
	key.port[0] = tuple->port[low];
	key.port[1] = tuple->port[!low];
	return fb_hash(&key, sizeof(key), 0);
}

void fb_tuple_turn(struct fb_tuple *tuple)
{
	struct fb_tuple old = *tuple;

	memcpy(tuple->addr[0], old.addr[1], 16);
	memcpy(tuple->addr[1], old.addr[0], 16);
	tuple->port[0] = old.port[1];
	tuple->port[1] = old.port[0];
}

static bool same_ends(const struct fb_tuple *a, int a0, const struct fb_tuple *b)
{
	return a->port[a0] == b->port[0] && a->port[!a0] == b->port[1] &&
	       !memcmp(a->addr[a0], b->addr[0], 16) && !memcmp(a->addr[!a0], b->addr[1], 16);
}

int fb_tuple_compare(const struct fb_tuple *a, const struct fb_tuple *b)
{
	if (a->proto != b->proto || a->family != b->family)
		return -1;
	return same_ends(a, 0, b) ? 0 : same_ends(a, 1, b) ? 1 : -1;
}

static void get_tuple(const struct fb_ctab_entry *entry, int which, struct fb_tuple *tuple)
{
	memcpy(tuple->addr, entry->addr[which], sizeof(tuple->addr));
	memcpy(tuple->port, entry->port[which], sizeof(tuple->port));
	tuple->proto = entry->proto;
	tuple->family = entry->family[which];
}

void fb_ctab_orig(const struct fb_ctab_entry *entry, struct fb_tuple *ret_tuple)
{
	get_tuple(entry, 0, ret_tuple);
}

void fb_ctab_outside(const struct fb_ctab_entry *entry, struct fb_tuple *ret_tuple)
{
	get_tuple(entry, 1, ret_tuple);
	fb_tuple_turn(ret_tuple);
}

void fb_ctab_fact(const struct fb_ctab_entry *entry, struct fb_conntrack_fact *ret_fact)
{
	*ret_fact = (struct fb_conntrack_fact){
		.id = entry->id,
		.status = entry->status,
		.timeout = entry->timeout,
		.mark = entry->mark,
		.zone = entry->zone,
		.icmp_id = entry->icmp_id,
		.icmp_type = entry->icmp_type,
		.icmp_code = entry->icmp_code,
		.tcp_state = entry->tcp_state,
		.has_state = true,
		.has_tcp = true,
	};
	get_tuple(entry, 0, &ret_fact->orig);
	get_tuple(entry, 1, &ret_fact->reply);
}

/*
 * By both tuples: an id is made of the original one and of where the entry lies, so who is reset
 * and tries again may have the same with another translation.
 */
uint32_t fb_ctab_find(const struct fb_ctab *ctab, const struct fb_conntrack_fact *fact)
{
	struct fb_index_it it = fb_index_begin(fb_tuple_hash(&fact->orig));
	uint32_t number;

	while (fb_index_next(&ctab->index, &it, &number)) {
		const struct fb_ctab_entry *entry = &ctab->entry[number];
		struct fb_tuple orig, reply;

		fb_ctab_orig(entry, &orig);
		get_tuple(entry, 1, &reply);
		if (entry->id == fact->id && entry->zone == fact->zone &&
		    fb_tuple_compare(&orig, &fact->orig) == 0 &&
		    fb_tuple_compare(&reply, &fact->reply) == 0)
			return number;
	}
	return FB_NONE;
}

uint32_t fb_ctab_match_except(const struct fb_ctab *ctab, const struct fb_tuple *tuple,
			      uint32_t except)
{
	struct fb_index_it it = fb_index_begin(fb_tuple_hash(tuple));
	uint32_t number, best = FB_NONE;
	bool best_is_orig = false;

	while (fb_index_next(&ctab->index, &it, &number)) {
		const struct fb_ctab_entry *entry = &ctab->entry[number];
		struct fb_tuple own, outside;
		bool is_orig;

		fb_ctab_orig(entry, &own);
		fb_ctab_outside(entry, &outside);
		is_orig = fb_tuple_compare(&own, tuple) >= 0;
		if (number == except || (!is_orig && fb_tuple_compare(&outside, tuple) < 0))
			continue;
		if (best != FB_NONE && is_orig == best_is_orig &&
		    !fb_ctab_goes_first(entry, &ctab->entry[best]))
			continue;
		if (best != FB_NONE && best_is_orig && !is_orig)
			continue;
		best = number;
		best_is_orig = is_orig;
	}
	return best;
}

static uint32_t take_entry(struct fb_ctab *ctab)
{
	uint32_t number = ctab->free;

	if (number != FB_NONE) {
		ctab->free = ctab->entry[number].flow;
		return number;
	}
	if (ctab->n == ctab->size) {
		uint32_t size = ctab->size ? ctab->size * 2 : FIRST_ENTRIES;
		struct fb_ctab_entry *larger = realloc(ctab->entry, size * sizeof(*larger));

		if (!larger)
			return FB_NONE;
		ctab->entry = larger;
		ctab->size = size;
	}
	return ctab->n++;
}

static void give_entry(struct fb_ctab *ctab, uint32_t number)
{
	ctab->entry[number].used = false;
	ctab->entry[number].flow = ctab->free;
	ctab->free = number;
}

uint32_t fb_ctab_add(struct fb_ctab *ctab, const struct fb_conntrack_fact *fact, bool *ret_full)
{
	struct fb_ctab_entry *entry;
	struct fb_tuple outside;
	uint32_t number;

	*ret_full = ctab->n_live >= ctab->max;
	number = *ret_full ? FB_NONE : take_entry(ctab);
	if (number == FB_NONE)
		return FB_NONE;
	entry = &ctab->entry[number];
	*entry = (struct fb_ctab_entry){
		.id = fact->id,
		.zone = fact->zone,
		.icmp_id = fact->icmp_id,
		.icmp_type = fact->icmp_type,
		.icmp_code = fact->icmp_code,
		.proto = fact->orig.proto,
		.family = {fact->orig.family, fact->reply.family},
		.flow = FB_NONE,
		.born = ++ctab->born,
		.by_syn = fact->listed ||
			  (fact->orig.proto == IPPROTO_TCP && fact->tcp_state <= FB_STATE_SYN_RECV),
		.used = true,
	};
	memcpy(entry->addr[0], fact->orig.addr, sizeof(entry->addr[0]));
	memcpy(entry->addr[1], fact->reply.addr, sizeof(entry->addr[1]));
	memcpy(entry->port[0], fact->orig.port, sizeof(entry->port[0]));
	memcpy(entry->port[1], fact->reply.port, sizeof(entry->port[1]));
	fb_ctab_outside(entry, &outside);
	entry->nat = fb_tuple_compare(&fact->orig, &outside) < 0;
	if (fb_index_add(&ctab->index, fb_tuple_hash(&fact->orig), number) < 0) {
		give_entry(ctab, number);
		return FB_NONE;
	}
	if (entry->nat && fb_index_add(&ctab->index, fb_tuple_hash(&outside), number) < 0) {
		fb_index_remove(&ctab->index, fb_tuple_hash(&fact->orig), number);
		give_entry(ctab, number);
		return FB_NONE;
	}
	ctab->n_live++;
	return number;
}

void fb_ctab_remove(struct fb_ctab *ctab, uint32_t number)
{
	struct fb_tuple tuple;

	fb_ctab_orig(&ctab->entry[number], &tuple);
	fb_index_remove(&ctab->index, fb_tuple_hash(&tuple), number);
	if (ctab->entry[number].nat) {
		fb_ctab_outside(&ctab->entry[number], &tuple);
		fb_index_remove(&ctab->index, fb_tuple_hash(&tuple), number);
	}
	give_entry(ctab, number);
	ctab->n_live--;
}
