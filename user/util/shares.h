/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded table that strangers fill: numbers 0 .. n - 1 for its entries, each held by an owner.
 * When all are held, the oldest entry of who holds most makes room: whoever fills the table loses
 * own entries, and nobody else's. One quota for all would let one owner push out the others; a
 * fixed quota each would waste room, or not add up. Used by one thread; all calls are O(1).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"

#define FB_SHARES_KEY 17 /* bytes that name an owner: an address and its family fit */

struct fb_shares {
	uint32_t n, fresh; /* numbers there are; those never used begin here */
	uint32_t free;	   /* the first free one; FB_NONE: none */
	struct fb_shares_item {
		uint32_t owner;	       /* FB_NONE: free */
		uint32_t older, newer; /* of the same owner; free ones: the next in `newer` */
	} *item;
	struct fb_shares_owner {
		uint8_t key[FB_SHARES_KEY];
		uint32_t held, oldest, newest;
		uint32_t before, behind; /* of those that hold as many; free ones: in `behind` */
	} *owner;			 /* [n + 1] */
	uint32_t owners_fresh, owners_free, n_owners;
	uint32_t *first, *last; /* [n + 1] owners by how many they hold, plus one; 0: none */
	uint32_t most;		/* that any owner holds */
	struct fb_index index;	/* of owners, by key */
};

/* 0 or -ENOMEM; memory is used as entries are. */
int fb_shares_init(struct fb_shares *shares, uint32_t n);
void fb_shares_fini(struct fb_shares *shares);

/*
 * A number for an entry of `key`, its newest. *ret_evicted: it was another entry's until now, which
 * the caller has to forget. FB_NONE: memory is short.
 */
uint32_t fb_shares_take(struct fb_shares *shares, const uint8_t key[static FB_SHARES_KEY],
			bool *ret_evicted);
/* The entry that would make room; FB_NONE: there is none. */
uint32_t fb_shares_next_out(const struct fb_shares *shares);
/* Make it the newest of its owner; give it back. */
void fb_shares_renew(struct fb_shares *shares, uint32_t number);
void fb_shares_give(struct fb_shares *shares, uint32_t number);

/* Is it in use? */
static inline bool fb_shares_is_held(const struct fb_shares *shares, uint32_t number)
{
	return number < shares->fresh && shares->item[number].owner != FB_NONE;
}

/* All entries of its owner: the newest one, then the one before; FB_NONE: no more. */
static inline uint32_t fb_shares_newest(const struct fb_shares *shares, uint32_t number)
{
	return shares->owner[shares->item[number].owner].newest;
}

static inline uint32_t fb_shares_older(const struct fb_shares *shares, uint32_t number)
{
	return shares->item[number].older;
}

/* The newest entry of that owner; FB_NONE: it holds none. */
uint32_t fb_shares_newest_of(const struct fb_shares *shares,
			     const uint8_t key[static FB_SHARES_KEY]);

/* How many its owner holds. */
static inline uint32_t fb_shares_held(const struct fb_shares *shares, uint32_t number)
{
	return shares->owner[shares->item[number].owner].held;
}
