/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Summaries of stored rows: for each 8,192 of them a Bloom filter of the values that addresses,
 * names and a few other fields have there, so that who looks for a rare one reads those rows alone.
 * 16 kB a zone; of a value that is not there one in some hundred zones says that it is. A row that
 * is told again after its zone was made may have another name than the zone knows.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "flow/past.h"

#define FB_ZONE_ROWS  8192
#define FB_ZONE_BYTES 16384

/* Are values of the field among those of zones? */
bool fb_zones_have(enum fb_field_id id);
/* Of a value, the same in every run, without regard to case; `column` is the field's. */
uint64_t fb_zones_hash(const char *column, const struct fb_past_cell *cell);
bool fb_zones_may_have(const uint8_t bits[static FB_ZONE_BYTES], uint64_t hash);

/* --- the writer's thread --- */

/* The table, where it is not there. 0 or -errno. */
int fb_zones_make(sqlite3 *db);
/*
 * After a commit: zones of rows up to `last` that are whole by now, a few at a time, in a
 * transaction of their own; and those of rows that are gone go. 0 or -errno, which leaves rows to
 * be read that need not.
 */
int fb_zones_note(sqlite3 *db, int64_t last);
/* Rows of [from, before) went: zones of that time say only what is left. Within a transaction. */
int fb_zones_renew(sqlite3 *db, int64_t from, int64_t before);
