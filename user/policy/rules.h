/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: what is to be blocked or held to a rate, and what is allowed all the same. What one is
 * about is a prefix or an expression of the filter language. Exceptions win, whatever their order.
 * As data: who enforces them is the engine (engine/rulebook.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/filter.h"
#include "util/addr.h"

#define FB_RULES	4096
#define FB_RULES_OPEN	256 /* of these, at most, others than blocks of an address or prefix */
#define FB_RULE_WHAT	500 /* bytes, at most */
#define FB_RULE_REASON	200
#define FB_RULE_BY	160
#define FB_RULE_DEFAULT 3600 /* seconds */
#define FB_RULE_LONGEST 31536000
#define FB_RATE_LEAST	8000 /* bits a second */
#define FB_RATE_MOST	400000000000

/*
 * Seconds to confirm a rule, as "commit confirmed" of routers: one that nobody confirms is taken
 * back. Where nobody says so it is of those that touch inside hosts.
 */
#define FB_RULE_CONFIRM	     60
#define FB_RULE_CONFIRM_MOST 3600

enum fb_rule_verb {
	FB_RULE_BLOCK,
	FB_RULE_ALLOW,
	FB_RULE_LIMIT,
	FB_RULE_VERBS,
};

/* Of lists that a rule is about: their prefixes in the kernel half. */
struct fb_rule_nets {
	uint32_t entries;  /* 0: it is about none */
	uint32_t there;	   /* so far */
	uint32_t left_out; /* they hold what is never touched */
	uint32_t no_room;
};

struct fb_rule {
	uint32_t id; /* 1, 2, ...; of a rule once, and never again */
	enum fb_rule_verb verb;
	int64_t made_ms, until_ms;   /* since 1970; until 0: for good */
	uint64_t rate_up, rate_down; /* of a limit, bits a second; 0: none */
	bool per_host;		     /* ... for each inside host, not for all together */
	int64_t confirm_ms;	     /* it is taken back then; 0: it is confirmed, or need not be */
	char what[FB_RULE_WHAT + 1];
	char by[FB_RULE_BY + 1], reason[FB_RULE_REASON + 1];
	struct fb_filter *filter; /* NULL: a block of a prefix, which `net` says all of */
	struct fb_cidr net;	  /* family 0: it is no prefix */
	uint16_t number;	  /* its entry of fb_rules */
	bool kernel;		  /* the kernel half matches all of it by itself */
	bool plain;		  /* what it is about, packets show (fb_filter_is_plain), and ... */
	bool named;		  /* ... among that is a name */
	bool lists;		  /* it is about lists alone */
	struct fb_rule_nets nets;
	uint32_t flows;	   /* live flows that it is about, when all were looked at last, ... */
	uint32_t counting; /* ... and so far of the look that goes on */
	uint32_t met;	   /* ... and when it came in force, ... */
	bool fresh;	   /* ... which is not known yet */
};

/* A block of an address or prefix. */
struct fb_rules_net {
	struct fb_cidr net;
	uint16_t rule; /* its place in the list */
};

/*
 * Blocks of prefixes are found by their addresses, however many there are. All others a flow is
 * held against one by one: few may be there.
 */
struct fb_rules {
	struct fb_rule rule[FB_RULES];
	unsigned int n;
	struct fb_rules_net net[FB_RULES]; /* by bits, address, then place */
	unsigned int n_nets;
	uint16_t open[FB_RULES_OPEN]; /* places of the others, in order */
	unsigned int n_open;
	unsigned int bits[129]; /* how many of `net` have so many */
	uint32_t last_id;
	char error[240]; /* of the last that was refused: why */
};

void fb_rules_fini(struct fb_rules *rules);

/* When it ends by itself, as things are; 0: never. */
int64_t fb_rule_end_ms(const struct fb_rule *rule);
bool fb_rule_is_over(const struct fb_rule *rule, int64_t now_ms);

/* The wall clock was set, by as much: times of all rules, as it has them now. */
void fb_rules_shift(struct fb_rules *rules, int64_t ms);

const char *fb_rule_verb_name(enum fb_rule_verb verb);

/*
 * Take a rule: its id, verb, times and texts are read from `rule`; id 0: the next. 0; -EINVAL with
 * `error`: `what` is neither a prefix nor an expression; -ENOSPC, -ENOMEM.
 */
int fb_rules_add(struct fb_rules *rules, const struct fb_rule *rule, struct fb_rule **ret_rule);
struct fb_rule *fb_rules_find(struct fb_rules *rules, uint32_t id);
/* Pointers into the list are others' then. */
void fb_rules_remove(struct fb_rules *rules, struct fb_rule *rule);

/* Is there room for one more like this, which is compiled? */
bool fb_rules_have_room(const struct fb_rules *rules, const struct fb_rule *rule);

/* A block of an address or prefix. */
bool fb_rule_is_net(const struct fb_rule *rule);

/* What it is about, as it will be taken by fb_rules_add. 0, -EINVAL with why, -ENOMEM. */
int fb_rule_compile(struct fb_rule *rule, char *why, size_t why_len);

/*
 * The rule that this flow is of: an exception, else the first that blocks, else the first that
 * limits; NULL: there is none.
 */
struct fb_rule *fb_rules_match(struct fb_rules *rules, const struct fb_flow_at *at);

/*
 * The same of a flow of which no more is known than packets show: NULL also where that does not
 * tell, for an exception is about more.
 */
const struct fb_rule *fb_rules_match_plain(const struct fb_rules *rules,
					   const struct fb_flow_at *at);
