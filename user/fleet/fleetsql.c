/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetsql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "fleet/fleetcolumns.h"
#include "fleet/fleetonce.h"
#include "flow/keptfields.h"
#include "store/pastcolumns.h"

/* --- the condition ---------------------------------------------------------------------------- */

static void add_scope(struct fb_fleetsql *sql)
{
	if (sql->ask->scope >= FB_SCOPE_COUNT)
		return;
	fb_where_adds(&sql->where, " AND ");
	fb_where_column(&sql->where, FB_FIELD_scope);
	fb_buf_addf(&sql->where.text, " = '%s'", fb_scope_name(sql->ask->scope));
}

static void add_place(struct fb_fleetsql *sql)
{
	const struct fb_past_ask *ask = sql->ask;

	if (ask->live != FB_PAST_BOTH)
		fb_where_adds(&sql->where, ask->live == FB_PAST_LIVING ? " AND row_ended = 0"
								       : " AND row_ended = 1");
	if (ask->what == FB_PAST_ID)
		fb_buf_addf(&sql->where.text, " AND \"id\" = %" PRIu64, ask->id);
	if (ask->before)
		fb_buf_addf(&sql->where.text,
			    " AND (row_time < %" PRId64 " OR (row_time = %" PRId64
			    " AND \"id\" < %" PRIu64 "))",
			    ask->before, ask->before, ask->before_id);
}

/* A condition on nothing but this is met by all rows of a flow, or by none. */
static bool is_of_rows(const struct fb_where *where)
{
	static const bool same[FB_FIELD_COUNT] = {
		[FB_FIELD_sensor] = true, [FB_FIELD_sensor_id] = true, [FB_FIELD_site] = true,
		[FB_FIELD_family] = true, [FB_FIELD_proto] = true,
	};
	bool any = false;

	for (int id = 0; id < FB_FIELD_COUNT; id++) {
		if (where->used[id] && !same[id])
			return false;
		any |= where->used[id];
	}
	return any;
}

int fb_fleetsql_init(struct fb_fleetsql *sql, const struct fb_past_ask *ask,
		     struct fb_filter_error *ret_error)
{
	int r;

	*sql = (struct fb_fleetsql){.ask = ask, .where = FB_WHERE_INIT};
	fb_pastcolumns_of(ask, &sql->columns, sql->field);
	for (unsigned int i = 0; i < ask->n_sorts; i++)
		if (!fb_where_expression(ask->sort[i].field))
			return fb_where_refuse(ask->sort[i].field, ret_error);
	fb_where_adds(&sql->where, "(");
	r = fb_filter_sql(ask->filter, &fb_where_clickhouse, ask->now_ms, &sql->where, ret_error);
	if (r == 0 && is_of_rows(&sql->where))
		sql->below = sql->where.text.len;
	add_scope(sql);
	add_place(sql);
	fb_where_adds(&sql->where, ")");
	return r ? r : fb_buf_error(&sql->where.text);
}

void fb_fleetsql_fini(struct fb_fleetsql *sql)
{
	fb_where_fini(&sql->where);
}

/* --- flows of rows ---------------------------------------------------------------------------- */

/* What is the same in all rows of a flow, which spares looking for the last one. */
static bool is_fixed(enum fb_field_id id)
{
	switch (id) {
	case FB_FIELD_sensor:
	case FB_FIELD_site:
	case FB_FIELD_family:
	case FB_FIELD_proto:
	case FB_FIELD_first_seen:
		return true;
	default:
		return false;
	}
}

static void add_last(struct fb_buf *text, const struct fb_field *field, const char *column)
{
	if (fb_fleet_may_be_null(field)) /* as it is, or the last that is not null was it */
		fb_buf_addf(text, "tupleElement(argMax(tuple(%s),time),1)", column);
	else
		fb_buf_addf(text, is_fixed(field->id) ? "any(%s)" : "argMax(%s,time)", column);
}

/* Numbers as flows have them: moments in ms, fractions in their decimals. */
static void add_value(const struct fb_fleetsql *sql, const struct fb_field *field,
		      struct fb_buf *text)
{
	const char *symbol = fb_field_symbol(field->id);
	const enum fb_fleet_type type = fb_fleet_type_of(field);
	char column[96] = "";
	uint64_t power = 1;

	snprintf(column, sizeof(column),
		 type == FB_FLEET_TIME && sql->dialect.modern ? "toUnixTimestamp64Milli(\"%s\")"
							      : "\"%s\"",
		 symbol);
	for (unsigned int i = 0; i < field->decimals; i++)
		power *= 10;
	if (type == FB_FLEET_REAL)
		fb_buf_adds(text, "toUInt64(round(");
	add_last(text, field, column);
	if (type == FB_FLEET_REAL)
		fb_buf_addf(text, "*%" PRIu64 "))", power);
}

static void add_column(const struct fb_fleetsql *sql, enum fb_field_id id, struct fb_buf *text)
{
	const char *symbol = fb_field_symbol(id);

	switch (id) {
	case FB_FIELD_id:
	case FB_FIELD_sensor_id:
		fb_buf_addf(text, ", \"%s\"", symbol);
		return;
	case FB_FIELD_bytes_up:
	case FB_FIELD_bytes_down:
	case FB_FIELD_packets_up:
	case FB_FIELD_packets_down:
		fb_buf_addf(text, ", sum(\"%s\") AS \"%s\"", symbol, symbol);
		return;
	default:
		fb_buf_adds(text, ", ");
		add_value(sql, &fb_fields[id], text);
		fb_buf_addf(text, " AS \"%s\"", symbol);
	}
}

static void add_bound(const struct fb_fleetsql *sql, const char *op, int64_t ms,
		      struct fb_buf *text)
{
	if (!ms)
		return;
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(&sql->dialect, op, ms, text);
}

static void add_bounds(const struct fb_fleetsql *sql, struct fb_buf *text)
{
	add_bound(sql, ">=", sql->ask->since_ms, text);
	add_bound(sql, "<=", sql->ask->until_ms, text);
}

/* Rows of the time that is asked about, and where it is so asked each connection's once. */
static void add_which(const struct fb_fleetsql *sql, struct fb_buf *text)
{
	_cleanup_buf_ struct fb_buf bounds = FB_BUF_INIT;

	add_bounds(sql, text);
	if (sql->ask->what == FB_PAST_ID) /* in all rows of a flow: spares grouping others */
		fb_buf_addf(text, " AND id = %" PRIu64, sql->ask->id);
	if (!sql->ask->once)
		return;
	fb_buf_adds(&bounds, " WHERE 1");
	if (sql->ask->since_ms)
		add_bound(sql, ">=", sql->ask->since_ms - FB_FLEETONCE_APART_MS, &bounds);
	if (sql->ask->until_ms)
		add_bound(sql, "<=", sql->ask->until_ms + FB_FLEETONCE_APART_MS, &bounds);
	fb_buf_addc(&bounds, '\0');
	if (fb_buf_error(&bounds)) {
		text->error = bounds.error;
		return;
	}
	fb_buf_adds(text, " AND (sensor_id, id) ");
	fb_fleetonce_add(sql->dialect.database, sql->dialect.modern, bounds.data, text);
}

/* Rows that flows are made of: those alone that the condition leaves, where it is of rows. */
static void add_from(const struct fb_fleetsql *sql, const bool used[static FB_FIELD_COUNT],
		     struct fb_buf *text)
{
	if (!sql->below) {
		fb_buf_addf(text, " FROM %s.flows WHERE 1", sql->dialect.database);
		return;
	}
	fb_buf_adds(text, " FROM (SELECT date, time, ended, sensor_id, id");
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (used[id] && fb_field_is_kept(&fb_fields[id]) && id != FB_FIELD_id &&
		    id != FB_FIELD_sensor_id)
			fb_buf_addf(text, ", \"%s\"", fb_field_symbol((enum fb_field_id)id));
	fb_buf_addf(text, " FROM %s.flows WHERE ", sql->dialect.database);
	fb_buf_add(text, sql->where.text.data, sql->below);
	fb_buf_adds(text, ")");
}

/* All rows of the time that is asked about as flows, with the columns that somebody reads. */
static void add_flows(const struct fb_fleetsql *sql, const bool used[static FB_FIELD_COUNT],
		      struct fb_buf *text)
{
	fb_buf_addf(text,
		    "(SELECT argMax(ended,time) AS row_ended, %s(max(time)) AS row_time, "
		    "count() AS row_count",
		    sql->dialect.modern ? "toUnixTimestamp64Milli" : "");
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (used[id] && fb_field_is_kept(&fb_fields[id]))
			add_column(sql, (enum fb_field_id)id, text);
	add_from(sql, used, text);
	add_which(sql, text);
	fb_buf_adds(text, sql->below ? ") GROUP BY sensor_id, id)" : " GROUP BY sensor_id, id)");
}

static void add_rest(const struct fb_fleetsql *sql, struct fb_where *reads, struct fb_buf *text)
{
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		reads->used[id] |= sql->where.used[id];
	fb_buf_add(text, reads->text.data, reads->text.len);
	fb_buf_adds(text, " FROM ");
	add_flows(sql, reads->used, text);
	fb_buf_adds(text, " WHERE ");
	fb_buf_add(text, sql->where.text.data, sql->where.text.len);
	text->error = text->error ? text->error : reads->text.error;
}

/* --- what is told of them --------------------------------------------------------------------- */

/* Lists have a mark around each item, as history has them. */
static void add_list(struct fb_where *select, enum fb_field_id id)
{
	fb_where_adds(select, "if(notEmpty(");
	fb_where_column(select, id);
	fb_where_adds(select, "),concat('\\x1F',arrayStringConcat(");
	fb_where_column(select, id);
	fb_where_adds(select, ",'\\x1F'),'\\x1F'),'')");
}

/* A cell of a record: addresses as text. */
static void add_cell(struct fb_where *select, enum fb_field_id id)
{
	const bool addr = fb_fields[id].type == FB_TYPE_IP;

	if (fb_fields[id].item) {
		add_list(select, id);
		return;
	}
	fb_where_adds(select, addr ? "IPv6NumToString(" : "");
	fb_where_column(select, id);
	fb_where_adds(select, addr ? ")" : "");
}

static void add_sum(struct fb_where *select, const char *function, enum fb_field_id id)
{
	fb_buf_addf(&select->text, ", %s(", function);
	fb_where_column(select, id);
	fb_where_adds(select, ")");
}

static void add_sums(struct fb_where *select)
{
	add_sum(select, "sum", FB_FIELD_bytes_up);
	add_sum(select, "sum", FB_FIELD_bytes_down);
	add_sum(select, "sum", FB_FIELD_packets_up);
	add_sum(select, "sum", FB_FIELD_packets_down);
}

static void end(struct fb_buf *text)
{
	fb_buf_adds(text, " FORMAT TabSeparated");
}

void fb_fleetsql_totals(struct fb_fleetsql *sql, struct fb_buf *text)
{
	_cleanup_where_ struct fb_where select = FB_WHERE_INIT;

	fb_where_adds(&select, "SELECT count()");
	add_sum(&select, "uniqExact", FB_FIELD_src_ip);
	add_sums(&select);
	fb_where_adds(&select, ", sum(row_count), min(row_time)");
	add_rest(sql, &select, text);
	end(text);
}

/* --- in the order of fb_value_compare: what is not known is below all else, texts go without case
 */

static void add_key(struct fb_where *order, const char *before, enum fb_field_id id,
		    const char *behind, bool descending)
{
	fb_where_adds(order, before);
	fb_where_column(order, id);
	fb_where_adds(order, behind);
	fb_where_adds(order, descending ? " DESC, " : ", ");
}

static void add_addr_keys(struct fb_where *order, enum fb_field_id id, bool descending)
{
	add_key(order, "", id, " != IPv6StringToNum('::')", descending);
	add_key(order, "NOT (", id,
		" BETWEEN IPv6StringToNum('::ffff:0.0.0.0') AND "
		"IPv6StringToNum('::ffff:255.255.255.255'))",
		descending);
	add_key(order, "", id, "", descending);
}

static void add_number_keys(struct fb_where *order, enum fb_field_id id, bool descending)
{
	add_key(order, "isNotNull(", id, ")", descending);
	add_key(order, "assumeNotNull(coalesce(", id, ",0))", descending);
}

static void add_end_keys(struct fb_where *order, enum fb_field_id ip, enum fb_field_id port,
			 bool descending)
{
	add_addr_keys(order, ip, descending);
	add_number_keys(order, port, descending);
}

static void add_sort(struct fb_where *order, const struct fb_past_sort *sort)
{
	const struct fb_field *field = sort->field;
	const bool descending = sort->descending;

	if (field->id == FB_FIELD_nat_src)
		add_end_keys(order, FB_FIELD_nat_src_ip, FB_FIELD_nat_src_port, descending);
	else if (field->id == FB_FIELD_nat_dst)
		add_end_keys(order, FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_port, descending);
	else if (field->type == FB_TYPE_IP)
		add_addr_keys(order, field->id, descending);
	else if (field->item)
		add_key(order, "lower(arrayStringConcat(", field->id, ",','))", descending);
	else if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM)
		add_key(order, "lower(", field->id, ")", descending); /* "" is the least */
	else
		add_number_keys(order, field->id, descending);
}

void fb_fleetsql_page(struct fb_fleetsql *sql, uint32_t limit, struct fb_buf *text)
{
	_cleanup_where_ struct fb_where select = FB_WHERE_INIT, order = FB_WHERE_INIT;

	fb_where_adds(&select, "SELECT row_ended, row_time");
	for (unsigned int i = 0; i < sql->columns.n; i++) {
		fb_where_adds(&select, ", ");
		add_cell(&select, sql->field[i]);
	}
	for (unsigned int i = 0; i < sql->ask->n_sorts; i++)
		add_sort(&order, &sql->ask->sort[i]);
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		select.used[id] |= order.used[id];
	select.used[FB_FIELD_id] = true;
	add_rest(sql, &select, text);
	fb_buf_adds(text, " ORDER BY ");
	fb_buf_add(text, order.text.data, order.text.len);
	fb_buf_addf(text, "row_time DESC, \"id\" DESC LIMIT %u, %u", sql->ask->offset, limit);
	text->error = text->error ? text->error : order.text.error;
	end(text);
}

void fb_fleetsql_fold(struct fb_fleetsql *sql, bool detail, uint32_t limit, struct fb_buf *text)
{
	_cleanup_where_ struct fb_where select = FB_WHERE_INIT, group = FB_WHERE_INIT;

	fb_where_adds(&select, "SELECT row_ended, max(row_time)");
	fb_where_adds(&group, " GROUP BY row_ended");
	for (unsigned int i = 0; i < sql->columns.n; i++) {
		if (sql->ask->detail[sql->field[i]] && !detail) {
			fb_where_adds(&select, ", NULL");
			continue;
		}
		fb_where_adds(&select, ", ");
		add_cell(&select, sql->field[i]);
		fb_where_adds(&group, ", ");
		fb_where_column(&group, sql->field[i]);
	}
	fb_where_adds(&select, ", count()");
	add_sums(&select);
	add_sum(&select, "min", FB_FIELD_first_seen);
	add_sum(&select, "max", FB_FIELD_last_seen);
	add_rest(sql, &select, text);
	fb_buf_add(text, group.text.data, group.text.len);
	fb_buf_adds(text, " ORDER BY sum(\"bytes_up\") + sum(\"bytes_down\") DESC");
	fb_buf_addf(text, " LIMIT %u", limit);
	text->error = text->error ? text->error : group.text.error;
	end(text);
}
