/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the rules in force the kernel half matches by itself: the entries of fb_nets, fb_tuples
 * and fb_rule_names. Made of the whole list whenever it, or what is never touched, changes; what
 * differs is written, exceptions before what they are excepted from. Used by the engine's thread.
 */
#pragma once

#include "enrich/scope.h"
#include "kernel/verdicts.h"
#include "policy/never.h"
#include "policy/rulekind.h"
#include "policy/rules.h"
#include "util/ranges.h"

#define FB_KEPT_PORTS 16

struct fb_rulemaps_entry;

struct fb_rulemaps {
	struct fb_rulemaps_entry *entry; /* that are there, in order; owned */
	unsigned int n;
	enum fb_excepting excepting; /* what exceptions leave to the kernel half */
	bool leaves;		     /* ... no address: they are about more than it sees */
	/* An entry of fb_nets is written or taken back; or NULL. */
	void (*on_net)(void *ctx, const struct fb_net_key *key);
	void *on_net_ctx;
};

/* What decides which rules can go there. Borrowed. */
struct fb_rulemaps_facts {
	const struct fb_never_facts *never; /* with `own` */
	const struct fb_scope_list *scope;
	uint16_t kept_port[FB_KEPT_PORTS]; /* of TCP: by them people reach this machine */
	unsigned int n_kept;
	bool lists; /* rules have prefixes of lists, too (listnets.h); and of ... */
	enum fb_excepting excepting; /* ... lists of exceptions: what they leave */
	bool leaves;
};

void fb_rulemaps_fini(struct fb_rulemaps *maps);

/*
 * The kernel half has what it can of these rules, whose entries of fb_rules stand; `kernel` of each
 * says whether. If memory is short it has none: then the user half matches all.
 */
void fb_rulemaps_put(struct fb_rulemaps *maps, struct fb_verdicts *verdicts, struct fb_rules *rules,
		     const struct fb_rulemaps_facts *facts);

/* Is this prefix one of theirs? */
bool fb_rulemaps_has_net(const struct fb_rulemaps *maps, const struct fb_net_key *key);
/* The prefixes of rules that are exceptions. The caller owns them. 0 or -ENOMEM. */
int fb_rulemaps_excepted(const struct fb_rulemaps *maps, struct fb_ranges **ret_ranges);
