/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How well the connections did that ended in a period: of all, and of the worst values of a field,
 * by the delay of nine in ten. Of the flows' own rows, not of sums: percentiles cannot be added up.
 *
 * On a connection that only reads, by one thread at a time. 0 or -errno of store/sqldb.h, and what
 * was written is no answer.
 */
#pragma once

#include "store/rollupask.h"

/* Answers as a JSON object, see the schema HistoryQuality of the API. */
int fb_past_write_quality(struct sqlite3 *db, const struct fb_rollup_ask *ask,
			  struct fb_json *json);
