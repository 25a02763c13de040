/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On which lists something of a flow stands, and the entry that has it: few for many flows, so each
 * stands once, for good, and flows have its number. One thread adds; any may read what it was given
 * a number of.
 */
#pragma once

#include <stdint.h>

#define FB_LISTHITS	   65536 /* kept at most; their numbers fit 16 bits */
#define FB_LISTHITS_LISTS  8	 /* lists of one flow, at most */
#define FB_LIST_NAME_TEXT  63	 /* bytes of a list's name, at most */
#define FB_LIST_ENTRY_TEXT 255

struct fb_listhits {
	unsigned int n;
	const char *list[FB_LISTHITS_LISTS]; /* names; the first one's ... */
	const char *entry;		     /* ... entry that matched */
};

/* The number of these, which are copied; 0: there are none, or no room is left for more. */
uint16_t fb_listhits_number(const struct fb_listhits *hits);

/* NULL for 0. */
const struct fb_listhits *fb_listhits_get(uint16_t number);

/* Of flows, those that found no room. */
uint64_t fb_listhits_missed(void);
