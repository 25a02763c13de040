/* SPDX-License-Identifier: BSD-2-Clause */
/* What lists of flows, groups and hosts have in common, written the same in answers and streams. */
#pragma once

#include <stdint.h>

#include "query/query.h"
#include "util/json.h"

/* The "page" member of a list of `n` items out of `matched`. */
void fb_write_page(struct fb_json *json, const struct fb_query *query, uint64_t epoch,
		   uint64_t total, uint64_t matched, uint32_t n);

/* The "as_of" and "epoch" members. */
void fb_write_stamp(struct fb_json *json, const struct fb_snapshot *snapshot);

/* The "left_out" and "read" members of what is listed now and then; `read_ms` 0: not yet. */
void fb_write_reading(struct fb_json *json, uint64_t left_out, int64_t read_ms);

/* {"up":..,"down":..} */
void fb_write_ends(struct fb_json *json, const char *key, const uint64_t ends[2], uint64_t factor);
void fb_write_totals(struct fb_json *json, const struct fb_query_totals *totals);

/* The name of the flow's server, or null; not what was asked of a resolver. */
void fb_write_host(struct fb_json *json, const char *key, const struct fb_flow *flow);

/* A field's value as a JSON string, whatever its type. */
void fb_write_value(struct fb_json *json, const struct fb_field *field,
		    const struct fb_flow_at *at);

/* Points of a series, rounded; those that are not known (NaN) as null. */
void fb_write_points(struct fb_json *json, const char *key, const float *values, uint32_t n);
