/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which table and by which number what is remembered of a connection stands: the one place where
 * that is said, whether it is looked up now or only fetched. Within policy/ only.
 */
#pragma once

#include "policy/look.h"

/* For `what` of an end or both, as their hash tells, and a port or another number. */
static inline uint64_t fb_key(const struct fb_look *look, char what, uint64_t ends, uint32_t port)
{
	return fb_hash_join(&look->judge->words, ends, (uint64_t)what << 32 | port);
}

/* ICMP has no port. */
static inline uint32_t fb_key_service(const struct fb_look *look)
{
	return (uint32_t)look->flow->proto << 16 | (look->icmp ? 0 : look->flow->dport);
}

#define fb_look_table(look, table_) (&(look)->judge->table[FB_JUDGE_TABLE_##table_])

/* Of two tables that of the hosts here, or of strangers. */
#define fb_look_side(look, table_)                                                                 \
	((look)->flow->src_inside ? fb_look_table(look, table_)                                    \
				  : fb_look_table(look, table_##_outside))

/* X(name, enum fb_look_at, table, key) */
#define FB_PLACES(X)                                                                               \
	X(pairs, FB_AT_PAIRS, fb_look_side(look, pairs),                                           \
	  fb_key(look, 'p', look->both, fb_key_service(look)))                                     \
	X(firsts, FB_AT_FIRSTS, fb_look_side(look, firsts), fb_at_pairs(look)->key)                \
	X(clients, FB_AT_CLIENTS, fb_look_side(look, clients), fb_key(look, 'c', look->src, 0))    \
	X(tries, FB_AT_TRIES, fb_look_side(look, tries),                                           \
	  fb_key(look, 'h', look->src, fb_key_service(look)))                                      \
	X(walks, FB_AT_WALKS, fb_look_side(look, walks),                                           \
	  fb_key(look, 'v', look->both, look->flow->proto))                                        \
	X(answering, FB_AT_ANSWERING, fb_look_table(look, answering),                              \
	  fb_key(look, 'w', look->dst, fb_key_service(look)))                                      \
	X(contacts, FB_AT_CONTACTS, fb_look_table(look, contacts), look->both)                     \
	X(prints, FB_AT_PRINTS, fb_look_table(look, prints),                                       \
	  fb_hash_join(&look->judge->words, look->src, look->flow->ja4))                           \
	X(served, FB_AT_SERVED, fb_look_table(look, served),                                       \
	  fb_key(look, 's', look->dst, look->flow->dport))                                         \
	X(called, FB_AT_CALLED, fb_look_side(look, called), fb_at_clients(look)->key)              \
	X(closed, FB_AT_CLOSED, fb_look_table(look, closed), fb_at_clients(look)->key)             \
	X(floods, FB_AT_FLOODS, fb_look_side(look, floods), fb_key(look, 'o', look->both, 0))

/* Fetched when it is asked for first. */
#define X(name_, at_, table_, key_)                                                                \
	static inline struct fb_lru_place *fb_at_##name_(struct fb_look *look)                     \
	{                                                                                          \
		struct fb_lru_place *place = &look->place[at_];                                    \
                                                                                                   \
		if (!(look->placed & 1u << (at_))) {                                               \
			look->placed |= 1u << (at_);                                               \
			fb_lru_place(place, table_, key_);                                         \
		}                                                                                  \
		return place;                                                                      \
	}
FB_PLACES(X)
#undef X
