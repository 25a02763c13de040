/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owners stand in lists by how many entries they hold, so that who holds most is at hand; of
 * several, the one that came to that number first.
 */
#include "util/shares.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fb_shares_init(struct fb_shares *shares, uint32_t n)
{
	*shares = (struct fb_shares){.n = n, .free = FB_NONE, .owners_free = FB_NONE};
	shares->item = calloc(n, sizeof(*shares->item));
	shares->owner = calloc(n + 1, sizeof(*shares->owner));
	shares->first = calloc(n + 1, sizeof(*shares->first));
	shares->last = calloc(n + 1, sizeof(*shares->last));
	if (shares->item && shares->owner && shares->first && shares->last &&
	    fb_index_init(&shares->index) == 0)
		return 0;
	fb_shares_fini(shares);
	return -ENOMEM;
}

void fb_shares_fini(struct fb_shares *shares)
{
	free(shares->item);
	free(shares->owner);
	free(shares->first);
	free(shares->last);
	fb_index_fini(&shares->index);
	*shares = (struct fb_shares){0};
}

static uint64_t hash_of(const uint8_t key[static FB_SHARES_KEY])
{
	return fb_hash(key, FB_SHARES_KEY, 0);
}

/* --- owners by what they hold ---------------------------------------------------------------- */

static void leave_list(struct fb_shares *shares, uint32_t number)
{
	const struct fb_shares_owner *owner = &shares->owner[number];

	*(owner->before == FB_NONE ? &shares->first[owner->held]
				   : &shares->owner[owner->before].behind) =
		owner->before == FB_NONE ? owner->behind + 1 : owner->behind;
	*(owner->behind == FB_NONE ? &shares->last[owner->held]
				   : &shares->owner[owner->behind].before) =
		owner->behind == FB_NONE ? owner->before + 1 : owner->before;
}

static void enter_list(struct fb_shares *shares, uint32_t number)
{
	struct fb_shares_owner *owner = &shares->owner[number];
	const uint32_t last = shares->last[owner->held];

	owner->before = last - 1; /* FB_NONE if there is none */
	owner->behind = FB_NONE;
	if (last)
		shares->owner[last - 1].behind = number;
	else
		shares->first[owner->held] = number + 1;
	shares->last[owner->held] = number + 1;
	if (owner->held > shares->most)
		shares->most = owner->held;
}

/* It is one more, or less, from now on. */
static void hold(struct fb_shares *shares, uint32_t number, int change)
{
	struct fb_shares_owner *owner = &shares->owner[number];

	if (owner->held)
		leave_list(shares, number);
	owner->held += (uint32_t)change;
	if (owner->held)
		enter_list(shares, number);
	while (shares->most && !shares->first[shares->most])
		shares->most--;
}

static uint32_t find_owner(const struct fb_shares *shares, const uint8_t *key)
{
	struct fb_index_it it = fb_index_begin(hash_of(key));
	uint32_t number;

	while (fb_index_next(&shares->index, &it, &number))
		if (!memcmp(shares->owner[number].key, key, FB_SHARES_KEY))
			return number;
	return FB_NONE;
}

/* Owners hold something, but for the one that is about to: one more of them than entries. */
static uint32_t add_owner(struct fb_shares *shares, const uint8_t *key)
{
	const uint32_t number =
		shares->owners_free != FB_NONE ? shares->owners_free : shares->owners_fresh;
	struct fb_shares_owner *owner = &shares->owner[number];

	if (fb_index_add(&shares->index, hash_of(key), number) < 0)
		return FB_NONE;
	if (shares->owners_free != FB_NONE)
		shares->owners_free = owner->behind;
	else
		shares->owners_fresh++;
	*owner = (struct fb_shares_owner){.oldest = FB_NONE, .newest = FB_NONE};
	memcpy(owner->key, key, FB_SHARES_KEY);
	shares->n_owners++;
	return number;
}

static void remove_owner(struct fb_shares *shares, uint32_t number)
{
	struct fb_shares_owner *owner = &shares->owner[number];

	fb_index_remove(&shares->index, hash_of(owner->key), number);
	owner->behind = shares->owners_free;
	shares->owners_free = number;
	shares->n_owners--;
}

/* --- entries --------------------------------------------------------------------------------- */

static void unlink_item(struct fb_shares *shares, uint32_t number)
{
	const struct fb_shares_item *item = &shares->item[number];
	struct fb_shares_owner *owner = &shares->owner[item->owner];

	*(item->older == FB_NONE ? &owner->oldest : &shares->item[item->older].newer) = item->newer;
	*(item->newer == FB_NONE ? &owner->newest : &shares->item[item->newer].older) = item->older;
}

static void link_newest(struct fb_shares *shares, uint32_t number)
{
	struct fb_shares_item *item = &shares->item[number];
	struct fb_shares_owner *owner = &shares->owner[item->owner];

	item->older = owner->newest;
	item->newer = FB_NONE;
	*(owner->newest == FB_NONE ? &owner->oldest : &shares->item[owner->newest].newer) = number;
	owner->newest = number;
}

void fb_shares_renew(struct fb_shares *shares, uint32_t number)
{
	unlink_item(shares, number);
	link_newest(shares, number);
}

/* `keep`: the owner that gets another one at once. */
static void give(struct fb_shares *shares, uint32_t number, uint32_t keep)
{
	struct fb_shares_item *item = &shares->item[number];
	const uint32_t owner = item->owner;

	unlink_item(shares, number);
	hold(shares, owner, -1);
	if (!shares->owner[owner].held && owner != keep)
		remove_owner(shares, owner);
	item->owner = FB_NONE;
	item->newer = shares->free;
	shares->free = number;
}

void fb_shares_give(struct fb_shares *shares, uint32_t number)
{
	give(shares, number, FB_NONE);
}

uint32_t fb_shares_next_out(const struct fb_shares *shares)
{
	return shares->most ? shares->owner[shares->first[shares->most] - 1].oldest : FB_NONE;
}

uint32_t fb_shares_take(struct fb_shares *shares, const uint8_t key[static FB_SHARES_KEY],
			bool *ret_evicted)
{
	uint32_t owner = find_owner(shares, key), number;

	*ret_evicted = false;
	if (owner == FB_NONE)
		owner = add_owner(shares, key);
	if (owner == FB_NONE)
		return FB_NONE;
	*ret_evicted = shares->free == FB_NONE && shares->fresh == shares->n;
	if (*ret_evicted)
		give(shares, fb_shares_next_out(shares), owner);
	number = shares->free != FB_NONE ? shares->free : shares->fresh;
	if (shares->free != FB_NONE)
		shares->free = shares->item[number].newer;
	else
		shares->fresh++;
	shares->item[number].owner = owner;
	link_newest(shares, number);
	hold(shares, owner, 1);
	return number;
}

uint32_t fb_shares_newest_of(const struct fb_shares *shares,
			     const uint8_t key[static FB_SHARES_KEY])
{
	const uint32_t owner = find_owner(shares, key);

	return owner == FB_NONE ? FB_NONE : shares->owner[owner].newest;
}
