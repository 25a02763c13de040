/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conntrack entries, found by either of their tuples in any direction: those of flows, and those
 * whose packets were not seen yet. Bounded; used by one thread.
 */
#pragma once

#include "flow/facts.h"
#include "util/index.h"

struct fb_ctab_entry {
	uint8_t addr[2][2][16]; /* [orig, reply][source, destination] */
	uint16_t port[2][2];	/* host order */
	uint32_t id, status, timeout, mark;
	uint32_t time;	/* s CLOCK_BOOTTIME of `timeout` */
	uint32_t flow;	/* FB_NONE: not joined */
	uint32_t round; /* of the last dump that told of it */
	uint32_t born;	/* 1, 2, ... in the order of coming */
	uint32_t tick;	/* of its coming */
	uint16_t zone, icmp_id;
	uint8_t icmp_type, icmp_code;
	uint8_t proto, family[2], tcp_state;
	bool used, nat;
	bool by_syn;  /* it may be of a new connection: not one that was picked up in mid-stream */
	bool leaving; /* gone from conntrack, kept for rows that are still to be read */
};

struct fb_ctab {
	struct fb_ctab_entry *entry;
	uint32_t n, size, max; /* n: ever used; size: allocated */
	uint32_t n_live, free; /* `free` heads a list through .flow */
	struct fb_index index; /* both tuples of each entry; one if they are the same */
	uint32_t round, born;
};

int fb_ctab_init(struct fb_ctab *ctab, uint32_t max);
void fb_ctab_fini(struct fb_ctab *ctab);

/* The entry of this fact, or FB_NONE. */
uint32_t fb_ctab_find(const struct fb_ctab *ctab, const struct fb_conntrack_fact *fact);
/*
 * The entry one of whose tuples has these two ends, in any order; but not `except`. Of several, one
 * that has them as its original tuple, then the one that goes first.
 */
uint32_t fb_ctab_match_except(const struct fb_ctab *ctab, const struct fb_tuple *tuple,
			      uint32_t except);
static inline uint32_t fb_ctab_match(const struct fb_ctab *ctab, const struct fb_tuple *tuple)
{
	return fb_ctab_match_except(ctab, tuple, FB_NONE);
}

/*
 * Of two entries of one tuple: that of the lower zone. Within a zone the kernel holds one only: the
 * end of the one that came first was not told.
 */
static inline bool fb_ctab_goes_first(const struct fb_ctab_entry *a, const struct fb_ctab_entry *b)
{
	return a->zone != b->zone ? a->zone < b->zone : (int32_t)(a->born - b->born) > 0;
}

/* FB_NONE: full (ret_full true) or short of memory. */
uint32_t fb_ctab_add(struct fb_ctab *ctab, const struct fb_conntrack_fact *fact, bool *ret_full);
void fb_ctab_remove(struct fb_ctab *ctab, uint32_t number);

void fb_ctab_orig(const struct fb_ctab_entry *entry, struct fb_tuple *ret_tuple);
/* The reply tuple turned round: as the connection looks behind the translation. */
void fb_ctab_outside(const struct fb_ctab_entry *entry, struct fb_tuple *ret_tuple);

/* The entry as it was told. */
void fb_ctab_fact(const struct fb_ctab_entry *entry, struct fb_conntrack_fact *ret_fact);

void fb_tuple_turn(struct fb_tuple *tuple);
/* The same for both directions of a connection. */
uint64_t fb_tuple_hash(const struct fb_tuple *tuple);
/* 0: the same ends, 1: the same the other way round, -1: others. */
int fb_tuple_compare(const struct fb_tuple *a, const struct fb_tuple *b);
