/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an address is and whose network: few pairs for many addresses, so each stands once, for
 * good, and flows have its number. One thread adds; any may read what it was given a number of.
 */
#pragma once

#include <stdint.h>

#define FB_PLACES   262144 /* kept at most */
#define FB_ORG_TEXT 96	   /* bytes of an organisation's name, at most */

struct fb_place {
	char country[3]; /* ISO 3166-1 alpha-2, NUL-terminated; empty: not known */
	uint32_t asn;	 /* number of the autonomous system; 0: not known */
	const char *org; /* its name; NULL: not known */
};

/* The number of a place, which is copied; 0: nothing is known of it, or no room is left for more.
 */
uint32_t fb_place_number(const struct fb_place *place);

/* NULL for 0. */
const struct fb_place *fb_place_get(uint32_t number);

/* Places that found no room. */
uint64_t fb_places_missed(void);
