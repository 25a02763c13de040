/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules from inside: rulebook.c (in force, by whom), rulejudge.c (flows), rulelife.c (kept,
 * over), ruletold.c. */
#pragma once

#include "engine/rulebook.h"

/* A rule of the list is in force from here on: 0, or of a limit -errno with why. */
int fb_rulebook_enforce(struct fb_rulebook *book, struct fb_rule *rule, struct fb_why *why);
/* Its deadline, as it is now. */
void fb_rulebook_extend(struct fb_rulebook *book, const struct fb_rule *rule);
/* It is not any more, nor in the list. */
void fb_rulebook_drop(struct fb_rulebook *book, struct fb_rule *rule);
/* Deadlines go by a clock that nobody sets: what is shown and kept follows the one that was. */
void fb_rulebook_follow_clock(struct fb_rulebook *book);

/* The kernel half has what it can of the list, but for what is never touched. */
void fb_rulebook_place(struct fb_rulebook *book);
/* Look at all flows from here on: the first step of it, the rest is fb_rulebook_work. */
void fb_rulebook_judge_all(struct fb_rulebook *book, const struct fb_snapshot *snapshot);
/* ... if that is some seconds ago. */
void fb_rulebook_look_again(struct fb_rulebook *book);
void fb_rulebook_judge_moved(struct fb_rulebook *book, const struct fb_snapshot *snapshot);
/* What is never touched, as it was seen last: do they differ from those before? */
bool fb_rulebook_read_facts(struct fb_rulebook *book);

/* rulelists.c: lists of rules, and of exceptions from these. */
struct fb_rulebook_wants {
	struct fb_listnets_want want[FB_LISTNETS];
	unsigned int n;
	bool crowded; /* there are more */
};

/* What of the lists the kernel half is to have, and what that is to fb_rulemaps_put. */
void fb_rulebook_want_lists(const struct fb_rulebook *book, struct fb_rulebook_wants *wants,
			    struct fb_rulemaps_facts *facts);
/* It is to have it, once fb_rulemaps_put is done. With the lock, as is the next. */
void fb_rulebook_place_lists(struct fb_rulebook *book, const struct fb_rulebook_wants *wants);
/* How far it is. */
void fb_rulebook_note_lists(struct fb_rulebook *book);
