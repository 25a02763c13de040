/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows somebody wants: parsed the same from query parameters and from a view's JSON, and
 * written the same in lists and streams.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"
#include "query/query.h"
#include "util/jsonin.h"

#define FB_ROWS_COLUMNS 64

struct fb_group_column;

/* What was wrong; `detail` is empty as long as nothing was. */
struct fb_rows_error {
	const char *parameter;
	bool has_place; /* offset and length are of a filter or sort text */
	unsigned int offset, length;
	char detail[256];
	char suggestion[64];
};

struct fb_rows_spec {
	struct fb_query query; /* owns its filter */
	union {
		const struct fb_field *fields[FB_ROWS_COLUMNS];
		const struct fb_group_column *groups[FB_ROWS_COLUMNS];
	} columns; /* groups: of a grouped query */
	unsigned int n_columns;
};

/* The raw texts that make a spec; NULL is the default. */
struct fb_rows_texts {
	const char *filter, *q, *live, *scope, *group_by, *sort, *since, *until;
	const char *proto, *state, *ip, *port, *name, *iface;
	const char *columns[FB_ROWS_COLUMNS];
	unsigned int n_columns;
	int64_t now_ms; /* what `since` and `until` count back from */
};

/* 0; -EINVAL with the error filled in; -ENOMEM. To be given to fb_rows_fini in any case. */
int fb_rows_parse(const struct fb_rows_texts *texts, struct fb_rows_spec *ret_spec,
		  struct fb_rows_error *ret_error);
void fb_rows_fini(struct fb_rows_spec *spec);

/* The parameters of a request. False after answering; to be given to fb_rows_fini in any case. */
bool fb_rows_from_request(struct fb_api_request *req, int64_t now_ms,
			  struct fb_rows_spec *ret_spec);

/* Add a column to a grouped spec, which has room; -EINVAL when groups have none of that name. */
int fb_rows_add_group_column(const char *name, struct fb_rows_spec *spec);

/* One cell of a grouped row. */
void fb_rows_group_cell(struct fb_json *json, const struct fb_rows_spec *spec,
			const struct fb_result *result, const struct fb_group *group,
			unsigned int column);

/* The key of a group as text, as filters take it. */
void fb_rows_group_key(struct fb_buf *buf, const struct fb_query *query,
		       const struct fb_group *group);

/* {"up":..,"down":..} */
void fb_json_kv_ends(struct fb_json *json, const char *key, const uint64_t ends[2],
		     uint64_t factor);
void fb_rows_write_totals(struct fb_json *json, const struct fb_query_totals *totals);
void fb_rows_write_group(struct fb_json *json, const struct fb_query *query,
			 const struct fb_result *result, const struct fb_group *group);
