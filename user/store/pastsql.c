/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements; see the header. */
#include "store/pastsql.h"

#include <errno.h>

#include "store/pastcolumns.h"
#include "store/sqldb.h"
#include "store/sqlfuncs.h"

int fb_pastsql_init(struct fb_pastsql *sql, const struct fb_past_ask *ask,
		    struct fb_filter_error *ret_error)
{
	int r;

	*sql = (struct fb_pastsql){.where = FB_WHERE_INIT};
	fb_pastcolumns_of(ask, &sql->columns, sql->field);
	for (unsigned int i = 0; i < ask->n_sorts; i++)
		if (!fb_where_expression(ask->sort[i].field))
			return fb_where_refuse(ask->sort[i].field, ret_error);
	sql->always = !ask->filter && ask->scope >= FB_SCOPE_COUNT && ask->what != FB_PAST_ID;
	fb_buf_adds(&sql->where.text, "(");
	r = fb_filter_sql(ask->filter, &fb_where_sqlite, ask->now_ms, &sql->where, ret_error);
	if (r == 0 && ask->scope < FB_SCOPE_COUNT)
		fb_buf_addf(&sql->where.text, " AND coalesce(\"scope\" = %u,0)", ask->scope);
	if (ask->what == FB_PAST_ID) {
		fb_buf_adds(&sql->where.text, " AND \"id\" = ");
		fb_where_put_num(&sql->where, &fb_where_sqlite, (int64_t)ask->id);
	}
	fb_buf_adds(&sql->where.text, ")");
	return r ? r : fb_buf_error(&sql->where.text);
}

void fb_pastsql_fini(struct fb_pastsql *sql)
{
	fb_where_fini(&sql->where);
}

/* A row of several: it is not the last one, or more was counted than it added. */
#define SEVERAL                                                                                    \
	"(part = 1 OR coalesce(d_packets_up + d_packets_down <> packets_up + packets_down,0))"

static void put_head(struct fb_buf *text, const struct fb_pastsql *sql, bool added)
{
	static const char *const counts[] = {"bytes_up", "bytes_down", "packets_up",
					     "packets_down"};

	fb_buf_adds(text, "SELECT w, \"id\", part, ");
	fb_buf_add(text, sql->where.text.data, sql->where.text.len);
	fb_buf_adds(text, " + 2*" SEVERAL);
	for (int i = 0; i < 4; i++)
		fb_buf_addf(text, ", %s%s", added ? "d_" : "", counts[i]);
	fb_buf_adds(text, ", first_seen, last_seen, src_ip");
}

static void put_columns(struct fb_buf *text, const struct fb_pastsql *sql)
{
	for (unsigned int i = 0; i < sql->columns.n; i++)
		fb_buf_addf(text, ", %s", fb_where_expression(&fb_fields[sql->field[i]]));
}

static int prepare(sqlite3 *db, const struct fb_pastsql *sql, struct fb_buf *text,
		   sqlite3_stmt **ret_statement)
{
	int r;

	fb_buf_addc(text, '\0');
	r = fb_buf_error(text);
	if (r == 0)
		r = fb_sql_prepare(db, text->data, ret_statement);
	for (unsigned int i = 0; r == 0 && sql && i < sql->where.n; i++)
		fb_sqlfuncs_bind(*ret_statement, (int)i + 1, &sql->where.param[i]);
	return r;
}

int fb_pastsql_scan(sqlite3 *db, const struct fb_pastsql *sql, const struct fb_past_ask *ask,
		    struct fb_pastsql_scan how, sqlite3_stmt **ret_statement)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	put_head(&text, sql, how.added);
	if (!how.by_sorts)
		put_columns(&text, sql);
	for (unsigned int i = 0; how.by_sorts && i < ask->n_sorts; i++)
		fb_buf_addf(&text, ", %s", fb_where_expression(ask->sort[i].field));
	fb_buf_addf(&text, " FROM flows WHERE w >= ?%u AND w < ?%u", sql->where.n + 1,
		    sql->where.n + 2);
	if (!sql->always && !how.all) {
		fb_buf_adds(&text, " AND (");
		fb_buf_add(&text, sql->where.text.data, sql->where.text.len);
		fb_buf_adds(&text, ask->what == FB_PAST_ID ? ")" : " OR " SEVERAL ")");
	}
	fb_buf_adds(&text, " ORDER BY w DESC");
	return prepare(db, sql, &text, ret_statement);
}

int fb_pastsql_row(sqlite3 *db, const struct fb_pastsql *sql, sqlite3_stmt **ret_statement)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_buf_adds(&text, "SELECT part");
	put_columns(&text, sql);
	fb_buf_adds(&text, " FROM flows WHERE w = ?1");
	return prepare(db, NULL, &text, ret_statement);
}
