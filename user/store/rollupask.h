/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to what history added up: who moved how much in a period and in another before it, how
 * it went over time, at which hours of the week. Of each stretch the coarsest buckets that are
 * whole in it are read, finer ones at its edges: a month is some hundred thousand rows.
 *
 * On a connection that only reads, by one thread at a time. 0 or -errno of store/sqldb.h, and what
 * was written is no answer.
 */
#pragma once

#include <stdbool.h>

#include "store/rollups.h"
#include "util/json.h"

struct sqlite3;

#define FB_ROLLUP_LIMIT 1000 /* keys of an answer */
#define FB_ROLLUP_LINES 12   /* of which each has a line over time */

enum fb_rollup_sort {
	FB_ROLLUP_BY_BYTES,
	FB_ROLLUP_BY_CHANGE, /* either way */
};

/* Seconds since 1970; `until` is not part of it. */
struct fb_period {
	int64_t since, until;
};

struct fb_rollup_ask {
	enum fb_rollup_by by;
	const char *key; /* as answers write it: this one alone; NULL: all */
	struct fb_period of;
	struct fb_period before; /* to compare with; until 0: with nothing */
	enum fb_rollup_sort sort;
	unsigned int limit;
};

/* Answers as JSON objects, see the schemas HistoryTop, Series and HistoryHeat of the API. */
int fb_rollup_write_top(struct sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json);
int fb_rollup_write_series(struct sqlite3 *db, const struct fb_rollup_ask *ask,
			   struct fb_json *json);
/* `ahead`: seconds that the asker's clock is before UTC. */
int fb_rollup_write_heat(struct sqlite3 *db, const struct fb_rollup_ask *ask, int ahead,
			 struct fb_json *json);
