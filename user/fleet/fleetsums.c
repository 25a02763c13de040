/* SPDX-License-Identifier: BSD-2-Clause */
/* Who moved how much; see the header. */
#include "fleet/fleetsums.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "flow/keptfields.h"
#include "store/rolluprows.h"

#define MAPPED "::ffff:"

/* --- rows ------------------------------------------------------------------------------------- */

void fb_fleetsums_quoted(struct fb_buf *text, const char *value)
{
	fb_buf_addc(text, '\'');
	fb_fleetdialect_escape(value, text);
	fb_buf_addc(text, '\'');
}

static bool is_addr(const struct fb_fleetsums_ask *ask)
{
	return ask->field < FB_FIELD_COUNT && fb_fields[ask->field].type == FB_TYPE_IP;
}

static void add_key(const struct fb_fleetsums_ask *ask, struct fb_buf *text)
{
	if (ask->field == FB_FIELD_COUNT)
		fb_buf_adds(text, "''");
	else
		fb_buf_addf(text, is_addr(ask) ? "IPv6NumToString(%s)" : "toString(%s)",
			    fb_field_symbol(ask->field));
}

static void add_period(const struct fb_fleetdialect *dialect, const struct fb_period *period,
		       struct fb_buf *text)
{
	fb_buf_adds(text, "(");
	fb_fleetdialect_bound(dialect, ">=", period->since * 1000, text);
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(dialect, "<", period->until * 1000, text);
	fb_buf_adds(text, ")");
}

void fb_fleetsums_rows(const struct fb_fleetsums_ask *ask, const struct fb_fleetdialect *dialect,
		       bool total, struct fb_buf *text)
{
	const struct fb_rollup_ask *sums = &ask->rollup;
	uint8_t addr[16], family = 0;

	fb_buf_addf(text, "(SELECT toUInt64(%s) AS ms, ", fb_fleetdialect_ms(dialect));
	add_key(ask, text);
	fb_buf_addf(text,
		    " AS key, sensor_id, id, bytes_up, bytes_down, packets_up, packets_down FROM "
		    "%s.flows WHERE (",
		    dialect->database);
	add_period(dialect, &sums->of, text);
	if (sums->before.until) {
		fb_buf_adds(text, " OR ");
		add_period(dialect, &sums->before, text);
	}
	fb_buf_adds(text, ")");
	if (sums->key && !total) {
		fb_buf_adds(text, " AND key = ");
		if (is_addr(ask) && fb_addr_parse(sums->key, addr, &family) == 0 && family == 4)
			fb_buf_addf(text, "concat('" MAPPED "',");
		fb_fleetsums_quoted(text, sums->key);
		if (family == 4)
			fb_buf_adds(text, ")");
	}
	fb_buf_adds(text, ")");
}

/* --- what answers have ------------------------------------------------------------------------ */

const char *fb_fleetsums_key(const struct fb_fleetsums_ask *ask, const char *key)
{
	const size_t len = strlen(MAPPED);

	if (!*key || (is_addr(ask) && !strcmp(key, "::")))
		return NULL;
	return is_addr(ask) && !strncmp(key, MAPPED, len) && strchr(key, '.') ? key + len : key;
}

void fb_fleetsums_head(struct fb_json *json, const struct fb_fleetsums_ask *ask)
{
	fb_json_kv_str(json, "by", ask->word);
	fb_json_kv_str(json, "field",
		       ask->field == FB_FIELD_COUNT ? NULL : fb_fields[ask->field].name);
	fb_rollup_write_periods(json, &ask->rollup);
}

/* --- top -------------------------------------------------------------------------------------- */

#define SUMS	6 /* flows, bytes and packets up and down, rows: of either period */
#define COLUMNS (2 * SUMS)

static void add_when(struct fb_buf *text, const struct fb_period *period)
{
	fb_buf_addf(text, "ms>=%" PRId64 " AND ms<%" PRId64, period->since * 1000,
		    period->until * 1000);
}

static void add_sums(struct fb_buf *text, const struct fb_period *period)
{
	static const char *const forms[SUMS] = {
		"uniqExactIf(sensor_id,id,", "sumIf(bytes_up,",	    "sumIf(bytes_down,",
		"sumIf(packets_up,",	     "sumIf(packets_down,", "countIf(",
	};

	for (int i = 0; i < SUMS; i++) {
		fb_buf_addf(text, ", %s", forms[i]);
		add_when(text, period);
		fb_buf_adds(text, ")");
	}
}

static void add_bytes(struct fb_buf *text, const struct fb_period *period)
{
	fb_buf_adds(text, "toInt64(sumIf(bytes_up+bytes_down,");
	add_when(text, period);
	fb_buf_adds(text, "))");
}

static void add_order(struct fb_buf *text, const struct fb_rollup_ask *ask)
{
	fb_buf_adds(text, " ORDER BY ");
	if (ask->sort == FB_ROLLUP_BY_CHANGE) {
		fb_buf_adds(text, "abs(");
		add_bytes(text, &ask->of);
		fb_buf_adds(text, " - ");
		add_bytes(text, &ask->before);
		fb_buf_adds(text, ") DESC");
	} else {
		add_bytes(text, &ask->of);
		fb_buf_adds(text, " DESC, sum(bytes_up+bytes_down) DESC");
	}
	fb_buf_addf(text, ", key LIMIT %u", ask->limit);
}

static void write_select(const struct fb_fleetsums_ask *ask, const struct fb_fleetdialect *dialect,
			 bool total, struct fb_buf *text)
{
	fb_buf_adds(text, total ? "SELECT ''" : "SELECT key");
	add_sums(text, &ask->rollup.of);
	add_sums(text, &ask->rollup.before);
	fb_buf_adds(text, " FROM ");
	fb_fleetsums_rows(ask, dialect, total, text);
	if (!total) {
		fb_buf_adds(text, " GROUP BY key");
		add_order(text, &ask->rollup);
	}
	fb_buf_adds(text, " FORMAT TabSeparated");
}

static void write_total_sql(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	write_select(ctx, dialect, true, text);
}

static void write_top_sql(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	write_select(ctx, dialect, false, text);
}

static void write_pair(struct fb_json *json, const char *name, const uint64_t pair[static 2])
{
	fb_json_kv_object(json, name);
	fb_json_kv_u64(json, "up", pair[0]);
	fb_json_kv_u64(json, "down", pair[1]);
	fb_json_end(json, '}');
}

static void write_sums(struct fb_json *json, const uint64_t sums[static SUMS])
{
	fb_json_kv_u64(json, "flows", sums[0]);
	write_pair(json, "bytes", sums + 1);
	write_pair(json, "packets", sums + 3);
}

static void write_both(struct fb_json *json, const struct fb_fleetsums_ask *ask,
		       const uint64_t sums[static COLUMNS])
{
	write_sums(json, sums);
	fb_json_key(json, "before");
	if (!ask->rollup.before.until || !sums[COLUMNS - 1]) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	write_sums(json, sums + SUMS);
	fb_json_end(json, '}');
}

static int write_items(struct fb_json *json, const struct fb_fleetsums_ask *ask, char *at)
{
	uint64_t sums[COLUMNS];

	fb_json_kv_array(json, "items");
	while (*at) {
		const char *key = fb_fleetcells_text(&at);

		if (!fb_fleetcells_numbers(&at, COLUMNS, sums))
			return -EPROTO;
		fb_json_object(json);
		fb_json_kv_str(json, "key", fb_fleetsums_key(ask, key));
		write_both(json, ask, sums);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	return 0;
}

int fb_fleetsums_write_top(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			   struct fb_json *json)
{
	uint64_t sums[COLUMNS] = {0};
	char *at;
	int r = fb_fleetquery_ask(query, write_total_sql, (void *)ask);

	if (r < 0)
		return r;
	at = query->said.data;
	fb_fleetcells_text(&at);
	if (!fb_fleetcells_numbers(&at, COLUMNS, sums))
		return -EPROTO;
	fb_json_object(json);
	fb_fleetsums_head(json, ask);
	fb_json_kv_object(json, "total");
	write_both(json, ask, sums);
	fb_json_end(json, '}');
	r = fb_fleetquery_ask(query, write_top_sql, (void *)ask);
	if (r == 0)
		r = write_items(json, ask, query->said.data);
	fb_json_end(json, '}');
	return r;
}
