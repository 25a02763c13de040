/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of the kernel half's maps in order. Pure; for rulemaps.c. */
#pragma once

#include "policy/rulekind.h"
#include "policy/rules.h"

struct fb_rulemaps_entry {
	struct fb_match match; /* of names: numbers of rules */
	uint32_t number;
	bool exception;
	struct fb_rule *rule; /* NULL: nobody's; only while it is made */
};

/* By kind and key. */
int fb_ruleorder_compare(const struct fb_rulemaps_entry *a, const struct fb_rulemaps_entry *b);

/* Of entries in order, the number of the first that does not come before this prefix. */
unsigned int fb_ruleorder_seek(const struct fb_rulemaps_entry *entry, unsigned int n,
			       const uint8_t addr[static 16], uint32_t bits);

/*
 * Bring them in order, one a key; what lies within a prefix that goes before it is of that one's
 * rule, for the longest prefix is found. How many are left.
 */
unsigned int fb_ruleorder_make(struct fb_rulemaps_entry *entry, unsigned int n);
