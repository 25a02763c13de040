/* SPDX-License-Identifier: BSD-2-Clause */
/* What a database of places says of itself, and how its texts become facts. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/places.h"

struct fb_geodb_facts {
	uint64_t entries;   /* ranges, or nodes of the tree */
	uint64_t bad_lines; /* of CSV: skipped */
	uint64_t first_bad; /* line number of the first of them; 0: none */
	int64_t built;	    /* s since 1970, as the file says; 0: it does not */
	const char *format; /* "mmdb", "csv"; static */
	char describes[64]; /* what the file calls itself; may be empty */
};

/* Take a text for a name: without control characters, whole characters, at most FB_ORG_TEXT. */
void fb_geo_take_org(char org[static FB_ORG_TEXT + 1], const char *text, size_t len);
/* False: it is no code of two capital letters. "ZZ", by which some files say that, is none. */
bool fb_geo_take_country(struct fb_place *place, const char *text, size_t len);
