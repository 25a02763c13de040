/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rolluprows.h"

#include <string.h>

#include "util/buf.h"

/* --- which rows ------------------------------------------------------------------------------ */

int fb_rollup_kept(sqlite3 *db, struct fb_rollup_kept kept[static FB_ROLLUP_STEPS])
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = fb_sql_prepare(db,
			       "SELECT (SELECT min(time) FROM rollup WHERE step=?1 AND \"by\"=0),"
			       "(SELECT max(time) FROM rollup WHERE step=?1 AND \"by\"=0)",
			       &statement);

	for (unsigned int i = 0; i < FB_ROLLUP_STEPS && r >= 0; i++) {
		sqlite3_bind_int64(statement, 1, fb_rollup_steps[i]);
		r = fb_sql_step(statement);
		if (r < 0)
			break;
		kept[i] = (struct fb_rollup_kept){0};
		if (sqlite3_column_type(statement, 0) != SQLITE_NULL) {
			kept[i].from = sqlite3_column_int64(statement, 0);
			kept[i].to = sqlite3_column_int64(statement, 1) + fb_rollup_steps[i];
		}
		sqlite3_reset(statement);
	}
	return r < 0 ? r : 0;
}

int fb_rollup_rows(struct fb_rollup_rows *rows, sqlite3 *db, const struct fb_rollup_ask *ask,
		   unsigned int most)
{
	struct fb_rollup_kept kept[FB_ROLLUP_STEPS];
	int r = fb_rollup_kept(db, kept);

	if (r < 0)
		return r;
	*rows = (struct fb_rollup_rows){.db = db, .ask = ask, .by = ask->by, .key = ask->key};
	rows->n[0] = fb_rollup_span(kept, most, ask->of.since, ask->of.until, rows->list[0]);
	rows->n[1] = ask->before.until ? fb_rollup_span(kept, most, ask->before.since,
							ask->before.until, rows->list[1])
				       : 0;
	return 0;
}

static void add_rows(struct fb_buf *sql, const struct fb_rollup_rows *rows)
{
	fb_buf_adds(sql, "WITH r AS (SELECT 0 AS w,time,key,flows,bytes_up,bytes_down,packets_up,"
			 "packets_down FROM rollup WHERE 0");
	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < rows->n[w]; i++)
			fb_buf_addf(sql,
				    " UNION ALL SELECT %u,time,key,flows,bytes_up,bytes_down,"
				    "packets_up,packets_down FROM rollup WHERE step=? AND \"by\"=?"
				    " AND time>=? AND time<?%s",
				    w, rows->key ? " AND key=?" : "");
	fb_buf_adds(sql, ") ");
}

void fb_rollup_bind_key(sqlite3_stmt *statement, int at, enum fb_rollup_by by, const char *key)
{
	uint8_t addr[16], family;

	if (by != FB_ROLLUP_host || fb_addr_parse_host(key, addr, &family) < 0)
		sqlite3_bind_text(statement, at, key, -1, SQLITE_STATIC);
	else if (family == 6)
		sqlite3_bind_blob(statement, at, addr, sizeof(addr), SQLITE_TRANSIENT);
	else
		sqlite3_bind_int64(statement, at,
				   (int64_t)addr[12] << 24 | addr[13] << 16 | addr[14] << 8 |
					   addr[15]);
}

/* Those of add_rows; returns the number behind the last. */
static int bind_rows(sqlite3_stmt *statement, const struct fb_rollup_rows *rows)
{
	int at = 1;

	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < rows->n[w]; i++) {
			const struct fb_rollup_stretch *stretch = &rows->list[w][i];

			sqlite3_bind_int64(statement, at++, stretch->step);
			sqlite3_bind_int64(statement, at++, rows->by);
			sqlite3_bind_int64(statement, at++, stretch->from);
			sqlite3_bind_int64(statement, at++, stretch->to);
			if (rows->key)
				fb_rollup_bind_key(statement, at++, rows->by, rows->key);
		}
	return at;
}

int fb_rollup_prepare(const struct fb_rollup_rows *rows, const char *tail,
		      sqlite3_stmt **ret_statement, int *ret_at)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r;

	add_rows(&sql, rows);
	fb_buf_adds(&sql, tail);
	fb_buf_addc(&sql, '\0');
	r = fb_buf_error(&sql);
	if (r == 0)
		r = fb_sql_prepare(rows->db, sql.data, ret_statement);
	if (r == 0)
		*ret_at = bind_rows(*ret_statement, rows);
	return r;
}

struct fb_rollup_rows fb_rollup_rows_total(const struct fb_rollup_rows *rows)
{
	struct fb_rollup_rows all = *rows;

	all.by = FB_ROLLUP_total;
	all.key = NULL;
	return all;
}

/* --- what answers have ------------------------------------------------------------------------ */

const char *fb_rollup_key(sqlite3_stmt *statement, int column, char buf[static FB_ADDR_STRLEN])
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	int64_t number;

	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		number = sqlite3_column_int64(statement, column);
		for (int i = 0; i < 4; i++)
			addr[12 + i] = (uint8_t)(number >> (24 - 8 * i));
		return fb_addr_format(addr, 4, buf);
	case SQLITE_BLOB:
		if (sqlite3_column_bytes(statement, column) != sizeof(addr))
			return NULL;
		memcpy(addr, sqlite3_column_blob(statement, column), sizeof(addr));
		return fb_addr_format(addr, 6, buf);
	default:
		return sqlite3_column_bytes(statement, column)
			       ? (const char *)sqlite3_column_text(statement, column)
			       : NULL;
	}
}

static void write_period(struct fb_json *json, const char *name, const struct fb_period *period)
{
	fb_json_key(json, name);
	if (!period->until) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_time(json, "since", period->since * 1000);
	fb_json_kv_time(json, "until", period->until * 1000);
	fb_json_end(json, '}');
}

void fb_rollup_write_periods(struct fb_json *json, const struct fb_rollup_ask *ask)
{
	write_period(json, "of", &ask->of);
	write_period(json, "compared_with", &ask->before);
}

void fb_rollup_write_head(struct fb_json *json, const struct fb_rollup_ask *ask)
{
	const enum fb_field_id field = fb_rollup_bys[ask->by].field;

	fb_json_kv_str(json, "by", fb_rollup_bys[ask->by].word);
	fb_json_kv_str(json, "field", field == FB_FIELD_COUNT ? NULL : fb_fields[field].name);
	fb_rollup_write_periods(json, ask);
}
