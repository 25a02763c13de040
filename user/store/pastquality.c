/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pastquality.h"

#include "flow/value.h"
#include "store/fieldcolumns.h"
#include "store/layout.h"
#include "store/rolluprows.h"
#include "store/sqlcells.h"
#include "util/buf.h"

enum column {
	COL_KEY,
	COL_FLOWS,
	COL_BYTES,
	COL_PACKETS,
	COL_RETRANS,
	COL_LATENCY,		      /* p50, p90, p99 */
	COL_JITTER = COL_LATENCY + 3, /* p50, p90, p99 */
};

/* Of the half of the path that the field is at the end of, or of both, as in pages of now. */
static const char *latency_of(enum fb_rollup_by by)
{
	const enum fb_field_id field = fb_rollup_bys[by].field;

	if (field == FB_FIELD_COUNT || fb_fields[field].end == FB_END_NONE)
		return "latency_up+latency_down";
	return fb_fields[field].end == FB_END_DST ? "latency_up" : "latency_down";
}

static void add_key(struct fb_buf *sql, enum fb_rollup_by by)
{
	struct fb_column column;

	if (fb_rollup_bys[by].field == FB_FIELD_COUNT ||
	    !fb_column_of(fb_rollup_bys[by].field, &column))
		fb_buf_adds(sql, "''");
	else
		fb_buf_addf(sql, "\"%s\"", column.name);
}

static int prepare(sqlite3 *db, const struct fb_rollup_ask *ask, enum fb_rollup_by by,
		   sqlite3_stmt **ret_statement)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r;

	fb_buf_adds(&sql, "WITH f AS (SELECT ");
	add_key(&sql, by);
	fb_buf_addf(&sql,
		    " AS key,bytes_up+bytes_down AS bytes,packets_up+packets_down AS packets,"
		    "coalesce(retrans_up,0)+coalesce(retrans_down,0) AS retrans,%s AS latency,"
		    "jitter FROM flows WHERE w>=?1 AND w<?2 AND part=0 AND "
		    "coalesce(latency_up,latency_down) IS NOT NULL) "
		    "SELECT key,count(*),sum(bytes),sum(packets),sum(retrans),"
		    "fb_percentile(latency,0),fb_percentile(latency,1) AS worst,"
		    "fb_percentile(latency,2),fb_percentile(jitter,0),fb_percentile(jitter,1),"
		    "fb_percentile(jitter,2) FROM f WHERE key IS NOT NULL GROUP BY key "
		    "ORDER BY worst DESC,count(*) DESC,key LIMIT ?3",
		    latency_of(by));
	fb_buf_addc(&sql, '\0');
	r = fb_buf_error(&sql);
	if (r == 0)
		r = fb_sql_prepare(db, sql.data, ret_statement);
	if (r < 0)
		return r;
	sqlite3_bind_int64(*ret_statement, 1, (ask->of.since * 1000) << FB_LAYOUT_W_SHIFT);
	sqlite3_bind_int64(*ret_statement, 2, (ask->of.until * 1000) << FB_LAYOUT_W_SHIFT);
	sqlite3_bind_int64(*ret_statement, 3, ask->limit);
	return 0;
}

static void write_spread(struct fb_json *json, const char *name, sqlite3_stmt *statement, int at)
{
	static const char *const names[] = {"p50", "p90", "p99"};

	fb_json_kv_object(json, name);
	for (int i = 0; i < 3; i++) {
		fb_json_key(json, names[i]);
		if (sqlite3_column_type(statement, at + i) == SQLITE_NULL)
			fb_json_null(json);
		else
			fb_json_decimal(json, (uint64_t)sqlite3_column_int64(statement, at + i), 3);
	}
	fb_json_end(json, '}');
}

/* Of what both ends sent. */
static void write_loss(struct fb_json *json, uint64_t sent, uint64_t again)
{
	fb_json_key(json, "loss");
	if (sent)
		fb_json_decimal(json, fb_loss_of(again, sent), 4);
	else
		fb_json_null(json);
}

static void write_key(struct fb_json *json, enum fb_rollup_by by, sqlite3_stmt *statement)
{
	const struct fb_field *field = &fb_fields[fb_rollup_bys[by].field];
	struct fb_past_cell cell;
	struct fb_value value;

	fb_sqlcells_read(statement, COL_KEY, &cell);
	fb_past_value(field, &cell, &value);
	fb_json_key(json, "key");
	fb_value_write_json(json, field, &value);
}

static void write_item(struct fb_json *json, enum fb_rollup_by by, sqlite3_stmt *statement)
{
	fb_json_object(json);
	if (by != FB_ROLLUP_total)
		write_key(json, by, statement);
	fb_json_kv_u64(json, "measured", (uint64_t)sqlite3_column_int64(statement, COL_FLOWS));
	fb_json_kv_u64(json, "bytes", (uint64_t)sqlite3_column_int64(statement, COL_BYTES));
	write_loss(json, (uint64_t)sqlite3_column_int64(statement, COL_PACKETS),
		   (uint64_t)sqlite3_column_int64(statement, COL_RETRANS));
	write_spread(json, "latency_ms", statement, COL_LATENCY);
	write_spread(json, "jitter_ms", statement, COL_JITTER);
	fb_json_end(json, '}');
}

static int write_total(sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = prepare(db, ask, FB_ROLLUP_total, &statement);

	if (r == 0)
		r = fb_sql_step(statement);
	if (r < 0)
		return r;
	fb_json_key(json, "total");
	if (r)
		write_item(json, FB_ROLLUP_total, statement);
	else
		fb_json_null(json);
	return 0;
}

static int write_worst(sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = prepare(db, ask, ask->by, &statement);

	if (r < 0)
		return r;
	fb_json_kv_array(json, "items");
	while (ask->by != FB_ROLLUP_total && (r = fb_sql_step(statement)) > 0)
		write_item(json, ask->by, statement);
	fb_json_end(json, ']');
	return r;
}

int fb_past_write_quality(struct sqlite3 *db, const struct fb_rollup_ask *ask, struct fb_json *json)
{
	int r;

	fb_json_object(json);
	fb_rollup_write_head(json, ask);
	r = write_total(db, ask, json);
	if (r == 0)
		r = write_worst(db, ask, json);
	fb_json_end(json, '}');
	return r;
}
