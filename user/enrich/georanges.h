/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of addresses with country, autonomous system and its name, from CSV or TSV:
 *
 *	1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."	first and last address
 *	2001:200::/32	2500	JP	WIDE Project	or a prefix; the rest in any order
 *
 * Two capital letters are a country, digits (or AS and digits) a number, other text a name.
 * Immutable once read, any thread.
 */
#pragma once

#include <stdint.h>

#include "enrich/geofacts.h"
#include "util/why.h"

struct fb_georanges;

/* `text` has a NUL at `len`, and is changed. -EINVAL: not one line is such; -ENOMEM. */
int fb_georanges_parse(char *text, size_t len, struct fb_georanges **ret_ranges,
		       struct fb_geodb_facts *ret_facts, struct fb_why *why);
void fb_georanges_free(struct fb_georanges *ranges);

/* As fb_geodb_find. */
void fb_georanges_find(const struct fb_georanges *ranges, const uint8_t addr[static 16],
		       uint8_t family, struct fb_place *place, char org[static FB_ORG_TEXT + 1]);
