/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/geo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/scope.h"
#include "util/hash.h"

#define CACHED 8192 /* addresses looked up lately */

struct cached {
	uint8_t addr[16], family;
	uint32_t number, version; /* of the databases; 0: empty */
};

struct fb_geo {
	unsigned int n;
	uint32_t version;
	struct fb_geodb *db[FB_GEO_FILES];
	struct cached cached[CACHED];
};

int fb_geo_new(struct fb_geo **ret_geo)
{
	struct fb_geo *geo = calloc(1, sizeof(*geo));

	if (!geo)
		return -ENOMEM;
	geo->version = 1;
	*ret_geo = geo;
	return 0;
}

static void drop_all(struct fb_geo *geo)
{
	while (geo->n)
		fb_geodb_unref(geo->db[--geo->n]);
}

void fb_geo_free(struct fb_geo *geo)
{
	if (!geo)
		return;
	drop_all(geo);
	free(geo);
}

void fb_geo_use(struct fb_geo *geo, struct fb_geodb *const *dbs, unsigned int n)
{
	drop_all(geo);
	geo->version++;
	for (unsigned int i = 0; i < n && i < FB_GEO_FILES; i++)
		if (dbs[i])
			geo->db[geo->n++] = fb_geodb_ref(dbs[i]);
}

static uint32_t look_up(const struct fb_geo *geo, const uint8_t *addr, uint8_t family)
{
	char org[FB_ORG_TEXT + 1] = "";
	struct fb_place place = {0};

	if (fb_scope_is_private(addr, family))
		return 0;
	for (unsigned int i = 0; i < geo->n; i++)
		fb_geodb_find(geo->db[i], addr, family, &place, org);
	place.org = *org ? org : NULL;
	return fb_place_number(&place);
}

uint32_t fb_geo_number(struct fb_geo *geo, const uint8_t addr[static 16], uint8_t family)
{
	struct cached *cached;

	if (!geo->n)
		return 0;
	cached = &geo->cached[fb_hash(addr, 16, family) % CACHED];
	if (cached->version == geo->version && cached->family == family &&
	    !memcmp(cached->addr, addr, 16))
		return cached->number;
	cached->number = look_up(geo, addr, family);
	cached->version = geo->version;
	cached->family = family;
	memcpy(cached->addr, addr, 16);
	return cached->number;
}
