/* SPDX-License-Identifier: BSD-2-Clause */
/* Who moved how much. */
#include "store/rolluprows.h"

#define HOUR_S 3600

#define SUMS                                                                                       \
	"sum(flows) FILTER (WHERE w=0),sum(bytes_up) FILTER (WHERE w=0),"                          \
	"sum(bytes_down) FILTER (WHERE w=0),sum(packets_up) FILTER (WHERE w=0),"                   \
	"sum(packets_down) FILTER (WHERE w=0),sum(flows) FILTER (WHERE w=1),"                      \
	"sum(bytes_up) FILTER (WHERE w=1),sum(bytes_down) FILTER (WHERE w=1),"                     \
	"sum(packets_up) FILTER (WHERE w=1),sum(packets_down) FILTER (WHERE w=1),"                 \
	"count(*) FILTER (WHERE w=1)"

static void write_pair(struct fb_json *json, const char *name, sqlite3_stmt *statement, int up)
{
	fb_json_kv_object(json, name);
	fb_json_kv_u64(json, "up", (uint64_t)sqlite3_column_int64(statement, up));
	fb_json_kv_u64(json, "down", (uint64_t)sqlite3_column_int64(statement, up + 1));
	fb_json_end(json, '}');
}

/* Five columns from `at` on. */
static void write_sums(struct fb_json *json, sqlite3_stmt *statement, int at)
{
	fb_json_kv_u64(json, "flows", (uint64_t)sqlite3_column_int64(statement, at));
	write_pair(json, "bytes", statement, at + 1);
	write_pair(json, "packets", statement, at + 3);
}

/* What it was before: null where nothing is compared; `rows`: of that time, none if 0. */
static void write_before(struct fb_json *json, sqlite3_stmt *statement, int at, bool compared)
{
	fb_json_key(json, "before");
	if (!compared || !sqlite3_column_int64(statement, at + 5)) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	write_sums(json, statement, at);
	fb_json_end(json, '}');
}

static int write_total(const struct fb_rollup_rows *rows, struct fb_json *json)
{
	const struct fb_rollup_rows all = fb_rollup_rows_total(rows);
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int at, r = fb_rollup_prepare(&all, "SELECT " SUMS " FROM r", &statement, &at);

	if (r == 0)
		r = fb_sql_step(statement);
	if (r < 0)
		return r;
	fb_json_kv_object(json, "total");
	write_sums(json, statement, 0);
	write_before(json, statement, 5, rows->ask->before.until != 0);
	fb_json_end(json, '}');
	return 0;
}

static const char *const top_tails[] = {
	[FB_ROLLUP_BY_BYTES] =
		"SELECT key," SUMS " FROM r WHERE key IS NOT x'00' GROUP BY key ORDER BY"
		" sum((bytes_up+bytes_down)*(1-w)) DESC,sum(bytes_up+bytes_down) DESC,key LIMIT ?",
	[FB_ROLLUP_BY_CHANGE] =
		"SELECT key," SUMS " FROM r WHERE key IS NOT x'00' GROUP BY key ORDER BY"
		" abs(sum((bytes_up+bytes_down)*(1-2*w))) DESC,key LIMIT ?",
};

static void write_item(struct fb_json *json, sqlite3_stmt *statement,
		       const struct fb_rollup_ask *ask)
{
	char buf[FB_ADDR_STRLEN];

	fb_json_object(json);
	fb_json_kv_str(json, "key", fb_rollup_key(statement, 0, buf));
	write_sums(json, statement, 1);
	write_before(json, statement, 6, ask->before.until != 0);
	fb_json_end(json, '}');
}

int fb_rollup_write_top(struct sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct fb_rollup_rows rows;
	int at, r = fb_rollup_rows(&rows, db, ask, HOUR_S);

	if (r < 0)
		return r;
	fb_json_object(json);
	fb_rollup_write_head(json, ask);
	r = write_total(&rows, json);
	if (r == 0)
		r = fb_rollup_prepare(&rows, top_tails[ask->sort], &statement, &at);
	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, at, ask->limit);
	fb_json_kv_array(json, "items");
	while ((r = fb_sql_step(statement)) > 0)
		write_item(json, statement, ask);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return r;
}
