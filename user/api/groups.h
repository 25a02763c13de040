/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a grouped query: their columns in streams, their objects in lists. */
#pragma once

#include "query/query.h"
#include "util/json.h"

struct fb_group_column;

/* NULL: groups have none of that name. */
const struct fb_group_column *fb_groups_column(const char *name);

/* One cell of a grouped row. */
void fb_groups_cell(struct fb_json *json, const struct fb_group_column *column,
		    const struct fb_query *query, const struct fb_result *result,
		    const struct fb_group *group);

/* The key of a group as text, as filters take it; of two levels both, a comma between. */
void fb_groups_key(struct fb_buf *buf, const struct fb_query *query, const struct fb_group *group);

void fb_groups_write(struct fb_json *json, const struct fb_query *query,
		     const struct fb_result *result, const struct fb_group *group);

/* {"key":..,"bytes.up":..}: the columns under their names. */
void fb_groups_write_flat(struct fb_json *json, const struct fb_group_column *const *columns,
			  unsigned int n, const struct fb_query *query,
			  const struct fb_result *result, const struct fb_group *group);
