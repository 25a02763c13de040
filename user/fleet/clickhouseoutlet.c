/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/clickhouseoutlet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetcolumns.h"
#include "util/cleanup.h"

/* Does the server have it? The rows' own times lead to few of them. -errno: it does not say. */
static int has_batch(const struct fb_clickhouseoutlet *of, const struct fb_batch *batch,
		     struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT, answer = FB_BUF_INIT;
	const int version = fb_clickhouse_version(of->clickhouse, NULL, why);
	const bool modern = version >= FB_CLICKHOUSE_MODERN;
	const char *before = modern ? "fromUnixTimestamp64Milli(toInt64(" : "",
		   *after = modern ? "))" : "";
	int r;

	if (version < 0)
		return version;
	fb_buf_addf(&sql,
		    "SELECT count() FROM %s.%s_local WHERE sensor_id = '%s' AND batch = %" PRIu64
		    " AND time BETWEEN %s%" PRIu64 "%s AND %s%" PRIu64 "%s",
		    fb_clickhouse_database(of->clickhouse),
		    fb_fleet_table_name((enum fb_fleet_table)batch->kind), of->sensor, batch->id,
		    before, batch->first_ms, after, before, batch->last_ms, after);
	fb_buf_addc(&sql, '\0');
	r = fb_buf_error(&sql);
	if (r == 0)
		r = fb_clickhouse_query(of->clickhouse, sql.data, &answer, why);
	return r < 0 ? r : strtoull(answer.data, NULL, 10) > 0;
}

/* A file is a line of columns, then what is sent. */
static enum fb_outlet_end insert(const struct fb_clickhouseoutlet *of, const struct fb_batch *batch,
				 const struct fb_buf *data, struct fb_why *why)
{
	const char *line = memchr(data->data, '\n', data->len);
	_cleanup_buf_ struct fb_buf into = FB_BUF_INIT;
	struct fb_clickhouse_insert insert = {.id = batch->id};

	if (!line || batch->kind >= FB_FLEET_TABLE_COUNT)
		return FB_OUTLET_REFUSED;
	fb_buf_addf(&into, "%s_local %.*s", fb_fleet_table_name((enum fb_fleet_table)batch->kind),
		    (int)(line - data->data), data->data);
	fb_buf_addc(&into, '\0');
	if (fb_buf_error(&into))
		return FB_OUTLET_NOT_NOW;
	insert.into = into.data;
	insert.data = line + 1;
	insert.len = data->len - (size_t)(line + 1 - data->data);
	return fb_clickhouse_insert(of->clickhouse, &insert, why);
}

static enum fb_outlet_end deliver(void *of, const struct fb_batch *batch, const struct fb_buf *data,
				  struct fb_why *why)
{
	int r;

	if (batch->unsure) {
		r = has_batch(of, batch, why);
		if (r != 0)
			return r < 0 ? FB_OUTLET_NOT_NOW : FB_OUTLET_TAKEN;
	}
	return insert(of, batch, data, why);
}

static unsigned int count(const void *of_)
{
	const struct fb_clickhouseoutlet *of = of_;

	return fb_clickhouse_n(of->clickhouse);
}

static void next(void *of_)
{
	const struct fb_clickhouseoutlet *of = of_;

	fb_clickhouse_next(of->clickhouse);
}

struct fb_outlet fb_clickhouseoutlet(struct fb_clickhouseoutlet *of)
{
	return (struct fb_outlet){.ctx = of, .deliver = deliver, .n = count, .next = next};
}
