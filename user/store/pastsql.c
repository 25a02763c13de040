/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements; see the header. */
#include "store/pastsql.h"

#include <errno.h>

#include "store/fieldcolumns.h"
#include "store/sqldb.h"
#include "store/sqlfuncs.h"

/* Of a page: what records are made of, so that each is a flow object. */
static const enum fb_field_id of_records[] = {
	FB_FIELD_id,	     FB_FIELD_src_ip,	     FB_FIELD_dst_ip,	FB_FIELD_src_port,
	FB_FIELD_dst_port,   FB_FIELD_proto,	     FB_FIELD_state,	FB_FIELD_closed,
	FB_FIELD_scope,	     FB_FIELD_direction,     FB_FIELD_l7,	FB_FIELD_first_seen,
	FB_FIELD_last_seen,  FB_FIELD_closed_at,     FB_FIELD_bytes_up, FB_FIELD_bytes_down,
	FB_FIELD_packets_up, FB_FIELD_packets_down,  FB_FIELD_dst_host, FB_FIELD_dst_host_from,
	FB_FIELD_src_host,   FB_FIELD_src_host_from, FB_FIELD_service,	FB_FIELD_iface,
	FB_FIELD_vlan,	     FB_FIELD_vlan_inner,
};

/* What follows from others is worked out of these. */
static void want(bool wanted[static FB_FIELD_COUNT], enum fb_field_id id)
{
	static const struct {
		enum fb_field_id id, of[2];
	} follow[] = {
		{FB_FIELD_bytes, {FB_FIELD_bytes_up, FB_FIELD_bytes_down}},
		{FB_FIELD_packets, {FB_FIELD_packets_up, FB_FIELD_packets_down}},
		{FB_FIELD_duration, {FB_FIELD_first_seen, FB_FIELD_last_seen}},
		{FB_FIELD_idle, {FB_FIELD_last_seen, FB_FIELD_last_seen}},
		{FB_FIELD_nat_src, {FB_FIELD_nat_src_ip, FB_FIELD_nat_src_port}},
		{FB_FIELD_nat_dst, {FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_port}},
	};

	wanted[id] = true;
	for (size_t i = 0; i < sizeof(follow) / sizeof(*follow); i++)
		if (follow[i].id == id)
			wanted[follow[i].of[0]] = wanted[follow[i].of[1]] = true;
}

static void choose_columns(struct fb_pastsql *sql, const struct fb_past_ask *ask)
{
	bool wanted[FB_FIELD_COUNT] = {false};
	struct fb_column column;

	for (unsigned int id = 0; id < FB_FIELD_COUNT; id++)
		if (ask->want[id])
			want(wanted, (enum fb_field_id)id);
	for (size_t i = 0;
	     ask->what != FB_PAST_FOLD && i < sizeof(of_records) / sizeof(*of_records); i++)
		wanted[of_records[i]] = true;
	for (unsigned int id = 0; id < FB_FIELD_COUNT; id++) {
		if (!wanted[id] || !fb_column_of((enum fb_field_id)id, &column))
			continue;
		sql->field[sql->columns.n] = (enum fb_field_id)id;
		sql->columns.slot[id] = (uint8_t)++sql->columns.n;
	}
}

int fb_pastsql_init(struct fb_pastsql *sql, const struct fb_past_ask *ask,
		    struct fb_filter_error *ret_error)
{
	int r;

	*sql = (struct fb_pastsql){.where = FB_WHERE_INIT};
	choose_columns(sql, ask);
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
