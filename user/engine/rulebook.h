/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules in force: kept in a file, matched and expired. What the kernel half can match by itself
 * (rulemaps.h) it does, where a row would be made or a hello is read. All is matched here, each
 * tick, against the flows that moved, and against all when the rules change; and a flow that gets
 * its name here, at once. Each
 * rule's deadline stands in the kernel half, which keeps it alone; that of a rule for good is an
 * hour away at most, and moved on. Used by the engine's thread; the list is read by any.
 */
#pragma once

#include <errno.h>
#include <pthread.h>

#include "engine/kills.h"
#include "engine/limits.h"
#include "engine/listnets.h"
#include "engine/rulemaps.h"
#include "policy/automation.h"
#include "policy/rules.h"
#include "store/statefile.h"
#include "util/buf.h"

#define FB_RULE_UNABLE EPROTONOSUPPORT

struct fb_act;

#define FB_RULEBOOK_OWN	  256
#define FB_RULEBOOK_FIRST (FB_KILLS_MAX + 1) /* numbers of rules are behind those of kills */

/* A file that says what the next run begins with. */
struct fb_rulebook_kept {
	struct fb_statefile file;
	bool unsaved;
};

/* All flows looked at, by steps: what changed, and how many each rule meets. */
struct fb_rulebook_look {
	bool goes_on;
	uint32_t at; /* the next record of the snapshot */
	uint64_t took_ns;
	uint64_t next_ns; /* CLOCK_MONOTONIC: not before */
};

struct fb_rulebook {
	struct fb_core *core;
	struct fb_verdicts *verdicts; /* borrowed, as is the one before */
	int folder;		      /* -1: nothing outlives us */
	struct fb_rulebook_kept kept, kept_panic;
	bool panic;	      /* as it was told last */
	pthread_mutex_t lock; /* for readers of other threads */
	struct fb_rules rules;
	bool used[FB_RULES_MAX]; /* numbers of fb_rules, and ... */
	bool over[FB_RULES_MAX]; /* ... such that rows may still have */
	unsigned int n_over;
	pthread_cond_t looked; /* a look at all has ended */
	struct fb_rulebook_look look;
	int64_t wall_ahead_ms; /* of CLOCK_BOOTTIME */
	struct fb_rulemaps maps;
	struct fb_listnets listnets;
	uint64_t lists; /* version of the lists that these are of */
	bool unplaced;	/* the kernel half has not got what it can of them */
	struct fb_limits limits;
	struct fb_nevers *nevers; /* borrowed */
	struct fb_never_facts facts;
	struct fb_never_addr own[FB_RULEBOOK_OWN]; /* of the facts */
	unsigned int n_own;
	struct fb_automation automation[2]; /* of blocks, of limits */
	struct fb_moment moment; /* both clocks of the kernel half, as of the last tick, and ... */
	int64_t moment_ms;	 /* ... the wall's */
};

#define FB_RULEBOOK_PANIC "panic" /* of the state folder: begins with "on", or it is off */

/* One rule, as others are told of it. */
struct fb_rule_told {
	struct fb_rule rule;	    /* without its filter */
	struct fb_rule_entry count; /* of TC and XDP; what of it is XDP's: */
	uint64_t xdp_packets, xdp_bytes;
	uint64_t boot_ns; /* of a moment lately: count.first and .last are on this clock */
	int64_t wall_ms;
};

int fb_rulebook_open(struct fb_rulebook *book, struct fb_core *core, struct fb_kills *kills,
		     int folder);
/* With `keep`, what is pinned goes on. */
void fb_rulebook_close(struct fb_rulebook *book, bool keep);
void fb_rulebook_tick(struct fb_rulebook *book, const struct fb_snapshot *snapshot);
/* The flow of this row got its name: what rules say of it without more, is in force. */
void fb_rulebook_named(struct fb_rulebook *book, const struct fb_snapshot *snapshot, uint32_t slot);

/*
 * Put a rule in force: its id, -EINVAL, -ENOSPC, -(FB_ACT_REFUSED + enum fb_never), or
 * -FB_RULE_UNABLE, which fb_rulebook_error explains. What is never touched among the flows that
 * match is left out.
 */
int fb_rulebook_add(struct fb_rulebook *book, const struct fb_snapshot *snapshot,
		    const struct fb_act *act);
/* The same but that nothing is put in force: 0, or why it could not be. */
int fb_rulebook_try(struct fb_rulebook *book, const struct fb_act *act);
/*
 * Put all of FB_ACT_RULE_IMPORT in force, or with an error none. Such as are over, or in force to
 * the letter, are left out. How many.
 */
int fb_rulebook_import(struct fb_rulebook *book, const struct fb_snapshot *snapshot,
		       const struct fb_act *act);
/*
 * Between two ticks: flows that are to be looked at since the rules changed, for some milliseconds,
 * and a piece of what lists bring to the kernel half. Whether there is more.
 */
bool fb_rulebook_work(struct fb_rulebook *book, const struct fb_snapshot *snapshot);
/* Is this one never touched, whatever of it a rule were about? FB_NEVER_NOT, or why. */
enum fb_never fb_rulebook_spares(struct fb_rulebook *book, const uint8_t addr[static 16],
				 uint8_t family);
/* Is such a rule in force already? */
bool fb_rulebook_has(const struct fb_rulebook *book, enum fb_rule_verb verb, const char *what);
/* A rule that waits for it stays. 0, -ENOENT, -EALREADY: it does not wait. */
int fb_rulebook_confirm(struct fb_rulebook *book, uint32_t id);
/* Who is never touched has changed: prefixes that hold one are not in force for now. */
void fb_rulebook_check_again(struct fb_rulebook *book, const struct fb_snapshot *snapshot);
/*
 * All verdicts off, also those of kills, by one word of the kernel half; the rules stay in the
 * list. Root may write it without us, which `_changed` sees; kept over a restart.
 */
void fb_rulebook_panic(struct fb_rulebook *book, const struct fb_snapshot *snapshot, bool on);
bool fb_rulebook_panic_changed(const struct fb_rulebook *book);
/* Any thread. */
bool fb_rulebook_is_panic(const struct fb_rulebook *book);
/* One whose time is over, or its time to be confirmed; 0: none. */
uint32_t fb_rulebook_due(struct fb_rulebook *book, bool *ret_unconfirmed);
/* It is over: in the list no more. 0 or -ENOENT; says in `target` what it was, for people. */
int fb_rulebook_expire(struct fb_rulebook *book, uint32_t id, char *target, size_t size);
/*
 * Take one back, or with id 0 those that were made in the last seconds, or with 0 of these all: how
 * many, -ENOENT.
 */
int fb_rulebook_remove(struct fb_rulebook *book, const struct fb_snapshot *snapshot, uint32_t id,
		       uint32_t since_s);

/*
 * From any other thread: live flows that a rule was about when it came in force, once all were
 * looked at; 0, -ENOENT, or -ETIMEDOUT.
 */
int fb_rulebook_met(struct fb_rulebook *book, uint32_t id, uint32_t *ret_flows);
/* From any thread: copies of the exceptions' filters, *ret_n to be freed, also after -ENOMEM. */
int fb_rulebook_exceptions(struct fb_rulebook *book, struct fb_filter *list[static FB_RULES_OPEN],
			   unsigned int *ret_n);

/* From any thread: all of them as a file has them (policy/rulefile.h). 0 or -ENOMEM. */
int fb_rulebook_write(struct fb_rulebook *book, struct fb_buf *buf);

/* From any thread: why the last one was refused. */
void fb_rulebook_error(struct fb_rulebook *book, char *text, size_t size);

/* From any thread: all of them, to be freed; how many or -ENOMEM. */
int fb_rulebook_list(struct fb_rulebook *book, struct fb_rule_told **ret_list);
