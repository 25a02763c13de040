/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules that are to be put in force together, or none of them; and what came of it. */
#pragma once

#include <stdatomic.h>

#include "policy/rules.h"

/* Counted, for who asked may have gone when the engine's thread is done with it. */
struct fb_ruleimport {
	atomic_uint refs;
	unsigned int n;

	/* --- set by the engine's thread --- */
	unsigned int added, present, over; /* in force now; there already; over already */
	char failed[FB_RULE_WHAT + 1];	   /* what the one is about for which there is none */
	char why[240];			   /* ... where its result does not tell */

	struct fb_rule rule[];
};

/* A list with room for FB_RULES, with one reference; NULL: memory is short. */
struct fb_ruleimport *fb_ruleimport_new(void);
struct fb_ruleimport *fb_ruleimport_get(struct fb_ruleimport *import);
/* Drop a reference; NULL is fine. */
void fb_ruleimport_put(struct fb_ruleimport *import);
