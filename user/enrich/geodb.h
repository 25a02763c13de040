/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database of places by address: MaxMind's format (GeoLite2, DB-IP, IPinfo, ip-location-db), or
 * ranges or prefixes as CSV or TSV. Immutable and counted: any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enrich/geofacts.h"
#include "util/why.h"

#define FB_GEODB_BYTES (512u * 1024 * 1024) /* of one file, at most */

struct fb_geodb;

/* All of it is read from `fd`, which stays the caller's. -errno with a sentence. */
int fb_geodb_read(int fd, struct fb_geodb **ret_db, struct fb_why *why);

struct fb_geodb *fb_geodb_ref(struct fb_geodb *db);
/* NULL is fine. */
void fb_geodb_unref(struct fb_geodb *db);

void fb_geodb_facts(const struct fb_geodb *db, struct fb_geodb_facts *ret_facts);

/*
 * Fill in what `place` does not know yet; its organisation goes to `org`. `addr` as in struct
 * fb_key.
 */
void fb_geodb_find(const struct fb_geodb *db, const uint8_t addr[static 16], uint8_t family,
		   struct fb_place *place, char org[static FB_ORG_TEXT + 1]);
