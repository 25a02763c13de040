/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prefixes of lists that rules block by, in the kernel half: as many as a list has, so they are
 * written, and taken back, some at a time between two ticks. Of a list that is replaced what
 * differs is. What an exception is about, and what is never touched, is left out, and looked at
 * again whenever either changes. The rule's deadline is that of all. Used by the engine's thread.
 */
#pragma once

#include "engine/listspared.h"
#include "engine/rulemaps.h"
#include "enrich/listset.h"
#include "util/ranges.h"

#define FB_LISTNETS	  64   /* lists of rules at once, with those that exceptions are of */
#define FB_LISTNETS_AGAIN 4096 /* prefixes to be looked at again; more: all */

/* A list's prefixes are of the rule with this number; FB_RULE_SPARED: they are exceptions. */
struct fb_listnets_want {
	struct fb_listset *set; /* borrowed */
	uint32_t rule;		/* id, to be named by */
	uint16_t number;
};

struct fb_listnets_list;

struct fb_listnets {
	struct fb_verdicts *verdicts;	    /* borrowed, as are the next three */
	const struct fb_never_facts *never; /* with `own` */
	const struct fb_scope_list *scope;
	const struct fb_rulemaps *maps;			/* their entries go before */
	struct fb_listnets_list *list[2 * FB_LISTNETS]; /* owned; half of them are leaving */
	unsigned int n;
	uint32_t there;		    /* entries of fb_nets */
	struct fb_ranges *excepted; /* what exceptions among rules are about; owned */
	struct fb_listspared spared;
	uint64_t wider;	       /* hash of what else decides */
	struct fb_cidr *again; /* [FB_LISTNETS_AGAIN], a ring; owned */
	unsigned int n_again, first_again;
	unsigned int part_list; /* of the first of them: where to go on */
	uint32_t part_at;
};

/* Of the lists of a rule. */
struct fb_listnets_count {
	uint32_t entries, there;
	uint32_t left_out; /* they hold what is never touched */
	uint32_t no_room;  /* the map is full: flow by flow */
	bool done;
};

/* `maps` tell of their entries from here on. 0 or -ENOMEM. */
int fb_listnets_open(struct fb_listnets *nets, struct fb_verdicts *verdicts,
		     struct fb_rulemaps *maps, const struct fb_never_facts *never,
		     const struct fb_scope_list *scope);
/* The kernel half keeps what it has. */
void fb_listnets_close(struct fb_listnets *nets);

/*
 * These are wanted from here on, after `maps` were put; what is to be done for it, is to be done by
 * fb_listnets_work. -ENOSPC: not all, there are too many; -ENOMEM.
 */
int fb_listnets_put(struct fb_listnets *nets, const struct fb_listnets_want *want, unsigned int n);

/* A millisecond or two of it; whether there is more. */
bool fb_listnets_work(struct fb_listnets *nets);

struct fb_listnets_count fb_listnets_count(const struct fb_listnets *nets, uint16_t number);
/* Are entries of this number there, or may they come to be? */
bool fb_listnets_uses(const struct fb_listnets *nets, uint16_t number);
/* All that found no room. */
uint64_t fb_listnets_no_room(const struct fb_listnets *nets);
