/* SPDX-License-Identifier: BSD-2-Clause */
/* fb_is, fb_like, fb_end_like, fb_percentile; see the header. */
#include "store/sqlfuncs.h"

#include <errno.h>

#include "store/sqlcells.h"
#include "util/addr.h"
#include "util/spread.h"

/* Field number, value: false where it is not known. */
static bool read_value(sqlite3_value **args, const struct fb_field **ret_field,
		       struct fb_value *ret_value)
{
	struct fb_past_cell cell;

	*ret_field = &fb_fields[sqlite3_value_int(args[0])];
	fb_sqlcells_of(args[1], &cell);
	fb_past_value(*ret_field, &cell, ret_value);
	return ret_value->known;
}

static void is(sqlite3_context *context, int n, sqlite3_value **args)
{
	const struct fb_field *field;
	struct fb_value value;
	const bool known = read_value(args, &field, &value);

	(void)n;
	sqlite3_result_int(context,
			   known && fb_filter_column_is(&value,
							(const char *)sqlite3_value_text(args[2]),
							(size_t)sqlite3_value_bytes(args[2]),
							sqlite3_value_int(args[3])));
}

static void like(sqlite3_context *context, int n, sqlite3_value **args)
{
	const struct fb_field *field;
	struct fb_value value;
	const bool known = read_value(args, &field, &value);

	(void)n;
	sqlite3_result_int(context,
			   known && fb_filter_column_like(field, &value,
							  (const char *)sqlite3_value_text(args[2]),
							  (size_t)sqlite3_value_bytes(args[2])));
}

/* An address and its port as they are written together; without a port the address. */
static void end_like(sqlite3_context *context, int n, sqlite3_value **args)
{
	const uint16_t port = (uint16_t)sqlite3_value_int(args[1]);
	const struct fb_field *ip = &fb_fields[FB_FIELD_src_ip],
			      *end = &fb_fields[FB_FIELD_nat_src];
	char text[FB_ENDPOINT_STRLEN];
	struct fb_past_cell cell;
	struct fb_value value;

	(void)n;
	fb_sqlcells_of(args[0], &cell);
	fb_past_value(ip, &cell, &value);
	if (value.known && port)
		value.text = fb_endpoint_format(value.addr, value.family, port, text);
	else if (value.known)
		value.text = fb_addr_format(value.addr, value.family, text);
	sqlite3_result_int(context,
			   value.known &&
				   fb_filter_column_like(end, &value,
							 (const char *)sqlite3_value_text(args[2]),
							 (size_t)sqlite3_value_bytes(args[2])));
}

struct percentile {
	struct fb_meter meter;
	int which; /* enum fb_percentile */
};

/* Numbers of 1 and more: 0, and what is not known, is left out. */
static void percentile_step(sqlite3_context *context, int n, sqlite3_value **args)
{
	const sqlite3_int64 value = sqlite3_value_int64(args[0]);
	struct percentile *percentile = sqlite3_aggregate_context(context, sizeof(*percentile));

	(void)n;
	if (!percentile) {
		sqlite3_result_error_nomem(context);
		return;
	}
	percentile->which = sqlite3_value_int(args[1]);
	if (value > 0)
		fb_meter_add(&percentile->meter, value < UINT32_MAX ? (uint32_t)value : UINT32_MAX);
}

static void percentile_end(sqlite3_context *context)
{
	const struct percentile *percentile = sqlite3_aggregate_context(context, 0);

	if (!percentile || !percentile->meter.n)
		sqlite3_result_null(context);
	else
		sqlite3_result_int64(context,
				     fb_meter_spread(&percentile->meter).p[percentile->which]);
}

int fb_sqlfuncs_add(sqlite3 *db)
{
	static const struct {
		const char *name;
		int n;
		void (*function)(sqlite3_context *context, int n, sqlite3_value **args);
	} functions[] = {{"fb_is", 4, is}, {"fb_like", 3, like}, {"fb_end_like", 3, end_like}};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (sqlite3_create_function(db, functions[i].name, functions[i].n,
					    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
					    functions[i].function, NULL, NULL) != SQLITE_OK)
			return -ENOMEM;
	return sqlite3_create_function(db, "fb_percentile", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
				       NULL, NULL, percentile_step, percentile_end) == SQLITE_OK
		       ? 0
		       : -ENOMEM;
}

void fb_sqlfuncs_bind(sqlite3_stmt *statement, int number, const struct fb_where_param *param)
{
	switch (param->kind) {
	case FB_WHERE_NUM:
		sqlite3_bind_int64(statement, number, param->num);
		break;
	case FB_WHERE_TEXT:
		sqlite3_bind_text(statement, number, param->text, param->len, SQLITE_STATIC);
		break;
	case FB_WHERE_BYTES:
		sqlite3_bind_blob(statement, number, param->bytes, sizeof(param->bytes),
				  SQLITE_TRANSIENT);
		break;
	}
}
