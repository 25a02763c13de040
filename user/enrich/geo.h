/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The place of an address by all databases there are: each fact by the first one that has it.
 * Private ranges have none. Used by the engine's thread.
 */
#pragma once

#include "enrich/geodb.h"

#define FB_GEO_FILES 16

struct fb_geo;

int fb_geo_new(struct fb_geo **ret_geo);
/* NULL is fine. */
void fb_geo_free(struct fb_geo *geo);

/* Look in these from now on, which are referenced; `n` at most FB_GEO_FILES, NULLs are left out. */
void fb_geo_use(struct fb_geo *geo, struct fb_geodb *const *dbs, unsigned int n);

/* Number of its place (flow/places.h); 0: nothing is known. */
uint32_t fb_geo_number(struct fb_geo *geo, const uint8_t addr[static 16], uint8_t family);
