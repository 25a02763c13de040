/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rows a filter can be about, by the zones they stand in. One thread. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "filter/filter.h"

struct fb_zoneplan;

/* What a filter lets be passed by; NULL: nothing, or memory is short. */
struct fb_zoneplan *fb_zoneplan_new(sqlite3 *db, const struct fb_filter *filter);
/* NULL is fine. */
void fb_zoneplan_free(struct fb_zoneplan *plan);

/*
 * The newest rows of [from, *before) that have to be read: *ret_from; *before goes to their end.
 * False: none have.
 */
bool fb_zoneplan_next(struct fb_zoneplan *plan, int64_t from, int64_t *before, int64_t *ret_from);
