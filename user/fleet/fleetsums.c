/* SPDX-License-Identifier: BSD-2-Clause */
/* Who moved how much; see the header. */
#include "fleet/fleetsums.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetonce.h"
#include "flow/keptfields.h"
#include "store/rolluplines.h"
#include "store/rolluprows.h"
#include "util/cleanup.h"

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

void fb_fleetsums_tag(const char *tag, struct fb_buf *text)
{
	_cleanup_buf_ struct fb_buf head = FB_BUF_INIT;
	const size_t len = strlen(tag) + 1;

	fb_buf_addf(&head, "%s=", tag);
	fb_buf_addc(&head, '\0');
	if (fb_buf_error(&head)) {
		text->error = -ENOMEM;
		return;
	}
	fb_buf_addf(text, "substring(arrayElement(arrayFilter(tag -> substring(tag,1,%zu) = ", len);
	fb_fleetsums_quoted(text, head.data);
	fb_buf_addf(text, ", tags),1),%zu)", len + 1);
}

static void add_key(const struct fb_fleetsums_ask *ask, bool of_sums, struct fb_buf *text)
{
	if (ask->tag)
		fb_fleetsums_tag(ask->tag, text);
	else if (of_sums && ask->rollup.by != FB_ROLLUP_total)
		fb_buf_adds(text, "item");
	else
		fb_fleetrollup_text(ask->field, text);
}

void fb_fleetsums_key_of_rows(const struct fb_fleetsums_ask *ask, struct fb_buf *text)
{
	add_key(ask, false, text);
}

static void add_this_key(const struct fb_fleetsums_ask *ask, struct fb_buf *text)
{
	const char *key = ask->rollup.key;
	uint8_t addr[16], family = 0;

	fb_buf_adds(text, " AND key = ");
	if (is_addr(ask) && fb_addr_parse(key, addr, &family) == 0 && family == 4)
		fb_buf_addf(text, "concat('" MAPPED "',");
	fb_fleetsums_quoted(text, key);
	if (family == 4)
		fb_buf_adds(text, ")");
}

/* Of both periods together, so that none of them has what the other has of a connection. */
static void add_once(const struct fb_fleetplan *plan, const struct fb_fleetdialect *dialect,
		     struct fb_buf *text)
{
	_cleanup_buf_ struct fb_buf bounds = FB_BUF_INIT;

	fb_buf_adds(&bounds, " WHERE 0");
	for (unsigned int i = 0; i < plan->n_periods; i++) {
		fb_buf_adds(&bounds, " OR (");
		fb_fleetdialect_bound(dialect,
				      ">=", plan->period[i].since * 1000 - FB_FLEETONCE_APART_MS,
				      &bounds);
		fb_buf_adds(&bounds, " AND ");
		fb_fleetdialect_bound(dialect, "<",
				      plan->period[i].until * 1000 + FB_FLEETONCE_APART_MS,
				      &bounds);
		fb_buf_adds(&bounds, ")");
	}
	fb_buf_addc(&bounds, '\0');
	if (fb_buf_error(&bounds)) {
		text->error = -ENOMEM;
		return;
	}
	fb_buf_adds(text, " AND (sensor_id, id) ");
	fb_fleetonce_add(dialect->database, dialect->modern, bounds.data, text);
}

static const char moved[] = "bytes_up, bytes_down, packets_up, packets_down";

static void add_rows(const struct fb_fleetsums_ask *ask, const struct fb_fleetplan *plan,
		     const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	fb_buf_addf(text, "SELECT toUInt64(%s) AS ms, ", fb_fleetdialect_ms(dialect));
	add_key(ask, false, text);
	fb_buf_addf(
		text,
		" AS key, toUInt64(begun) AS flows, %s, toUInt64(1) AS rows FROM %s.flows WHERE ",
		moved, dialect->database);
	fb_fleetplan_rows(plan, dialect, text);
	if (ask->once)
		add_once(plan, dialect, text);
}

static void add_hours(const struct fb_fleetsums_ask *ask, const struct fb_fleetplan *plan,
		      const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT toUInt64(time) * 1000 AS ms, ");
	add_key(ask, true, text);
	fb_buf_addf(text, " AS key, flows, %s, rows FROM %s.sums WHERE ", moved, dialect->database);
	fb_fleetplan_sums(plan, text);
}

void fb_fleetsums_from(const struct fb_fleetsums_ask *ask, const struct fb_fleetplan *plan,
		       const struct fb_fleetdialect *dialect, bool total, struct fb_buf *text)
{
	const bool one = ask->rollup.key && !total;

	fb_buf_adds(text, "(");
	add_rows(ask, plan, dialect, text);
	if (one)
		add_this_key(ask, text);
	if (fb_fleetplan_has_sums(plan)) {
		fb_buf_adds(text, " UNION ALL ");
		add_hours(ask, plan, dialect, text);
		if (one)
			add_this_key(ask, text);
	}
	fb_buf_adds(text, ")");
}

int fb_fleetsums_plan(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
		      unsigned int width, int ahead, struct fb_fleetplan *plan)
{
	const bool hours = width % FB_FLEETROLLUP_HOUR == 0 && ahead % FB_ROLLUP_HOUR_S == 0;

	*plan = (struct fb_fleetplan){
		.by = ask->rollup.by,
		.step = hours ? FB_FLEETROLLUP_HOUR : FB_FLEETROLLUP_MINUTE,
		.period = {ask->rollup.of, ask->rollup.before},
		.n_periods = ask->rollup.before.until ? 2 : 1,
	};
	return ask->once ? 0 : fb_fleetplan_make(query, plan);
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
		"sumIf(flows,",	     "sumIf(bytes_up,",	    "sumIf(bytes_down,",
		"sumIf(packets_up,", "sumIf(packets_down,", "sumIf(rows,",
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

struct top {
	const struct fb_fleetsums_ask *ask;
	struct fb_fleetplan plan;
};

static void write_select(const struct top *top, const struct fb_fleetdialect *dialect, bool total,
			 struct fb_buf *text)
{
	const struct fb_fleetsums_ask *ask = top->ask;

	fb_buf_adds(text, total ? "SELECT ''" : "SELECT key");
	add_sums(text, &ask->rollup.of);
	add_sums(text, &ask->rollup.before);
	fb_buf_adds(text, " FROM ");
	fb_fleetsums_from(ask, &top->plan, dialect, total, text);
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

static int write_all(struct fb_fleetquery *query, struct top *top, struct fb_json *json)
{
	uint64_t sums[COLUMNS] = {0};
	char *at;
	int r = fb_fleetquery_ask(query, write_total_sql, top);

	if (r < 0)
		return r;
	at = query->said.data;
	fb_fleetcells_text(&at);
	if (!fb_fleetcells_numbers(&at, COLUMNS, sums))
		return -EPROTO;
	fb_json_object(json);
	fb_fleetsums_head(json, top->ask);
	fb_json_kv_object(json, "total");
	write_both(json, top->ask, sums);
	fb_json_end(json, '}');
	r = fb_fleetquery_ask(query, write_top_sql, top);
	if (r == 0)
		r = write_items(json, top->ask, query->said.data);
	fb_json_end(json, '}');
	return r;
}

int fb_fleetsums_write_top(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			   struct fb_json *json)
{
	struct top top = {.ask = ask};
	int r = fb_fleetsums_plan(query, ask, FB_FLEETROLLUP_HOUR, 0, &top.plan);

	if (r == 0)
		r = write_all(query, &top, json);
	fb_fleetplan_fini(&top.plan);
	return r;
}
