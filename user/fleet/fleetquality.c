/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How well connections did, of the rows of flows that ended in a period: percentiles cannot be
 * added up. A flow is what its last row says; loss is of those whose rows are all in the period,
 * for what was sent again is told of a flow's whole life.
 */
#include <errno.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetsums.h"
#include "flow/value.h"

#define NUMBERS	 4 /* flows, bytes, packets and those sent again, of whole ones */
#define SPREADS	 2
#define QUANTILE 3

struct quality {
	const struct fb_fleetsums_ask *ask;
	bool total;
};

/* Of the half of the path that the field is at the end of, or of both, as the daemon's. */
static const char *latency_of(const struct quality *quality)
{
	const enum fb_field_id field = quality->ask->field;

	if (quality->total || field == FB_FIELD_COUNT || fb_fields[field].end == FB_END_NONE)
		return "up + down";
	return fb_fields[field].end == FB_END_DST ? "up" : "down";
}

/* Of each flow; what its last row says is so, null or not. */
static void add_flows(const struct quality *quality, const struct fb_fleetdialect *dialect,
		      struct fb_buf *text)
{
	static const struct {
		const char *column, *name;
	} last[] = {{"latency_up", "up"},
		    {"latency_down", "down"},
		    {"jitter", "jitters"},
		    {"retrans_up", "again_up"},
		    {"retrans_down", "again_down"}};
	const struct fb_period *of = &quality->ask->rollup.of;

	fb_buf_adds(text, "(SELECT ");
	if (quality->total)
		fb_buf_adds(text, "''");
	else {
		fb_buf_adds(text, "argMax(");
		fb_fleetsums_key_of_rows(quality->ask, text);
		fb_buf_adds(text, ",time)");
	}
	fb_buf_adds(text, " AS key, sum(bytes_up+bytes_down) AS moved, "
			  "sum(packets_up+packets_down) AS sent, max(begun) AS whole, "
			  "max(ended) AS over");
	for (size_t i = 0; i < sizeof(last) / sizeof(*last); i++)
		fb_buf_addf(text, ", tupleElement(argMax(tuple(%s),time),1) AS %s", last[i].column,
			    last[i].name);
	fb_buf_addf(text, " FROM %s.flows WHERE ", dialect->database);
	fb_fleetdialect_bound(dialect, ">=", of->since * 1000, text);
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(dialect, "<", of->until * 1000, text);
	fb_buf_adds(text, " GROUP BY sensor_id, id)");
}

/*
 * The value of rank n*p, rounded up, as the daemon's: ClickHouse takes the one behind rank n*p,
 * rounded down. In microseconds.
 */
static void add_quantiles(const char *name, struct fb_buf *text)
{
	static const char *const levels[QUANTILE] = {"0.4999999999", "0.8999999999",
						     "0.9899999999"};

	for (int i = 0; i < QUANTILE; i++)
		fb_buf_addf(text,
			    ", toUInt64(round(ifNull(quantileExactIf(%s)(assumeNotNull(%s),"
			    "isNotNull(%s)),0)*1000)) AS %s%d",
			    levels[i], name, name, name, i);
	fb_buf_addf(text, ", countIf(isNotNull(%s))", name);
}

static void write_sql(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct quality *quality = ctx;

	fb_buf_adds(text, "SELECT key, count(), sum(moved), sumIf(sent,whole=1), "
			  "sumIf(ifNull(again_up,0)+ifNull(again_down,0),whole=1)");
	add_quantiles("delay", text);
	add_quantiles("jitters", text);
	fb_buf_addf(text, " FROM (SELECT *, %s AS delay FROM ", latency_of(quality));
	add_flows(quality, dialect, text);
	fb_buf_adds(text, " WHERE over=1 AND (isNotNull(up) OR isNotNull(down))");
	if (!quality->total)
		fb_buf_adds(text, " AND key!=''");
	fb_buf_addf(text,
		    ") GROUP BY key ORDER BY delay1 DESC, count() DESC, key LIMIT %u "
		    "FORMAT TabSeparated",
		    quality->total ? 1 : quality->ask->rollup.limit);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_spread(struct fb_json *json, const char *name, const uint64_t value[QUANTILE],
			 uint64_t n)
{
	static const char *const names[QUANTILE] = {"p50", "p90", "p99"};

	fb_json_kv_object(json, name);
	for (int i = 0; i < QUANTILE; i++) {
		fb_json_key(json, names[i]);
		if (n)
			fb_json_decimal(json, value[i], 3);
		else
			fb_json_null(json);
	}
	fb_json_end(json, '}');
}

static void write_item(const struct quality *quality, const char *key, const uint64_t *number,
		       struct fb_json *json)
{
	const uint64_t *delay = number + NUMBERS, *jitter = delay + QUANTILE + 1;

	fb_json_object(json);
	if (!quality->total)
		fb_json_kv_str(json, "key", fb_fleetsums_key(quality->ask, key));
	fb_json_kv_u64(json, "measured", number[0]);
	fb_json_kv_u64(json, "bytes", number[1]);
	fb_json_key(json, "loss");
	if (number[2])
		fb_json_decimal(json, fb_loss_of(number[3], number[2]), 4);
	else
		fb_json_null(json);
	write_spread(json, "latency_ms", delay, delay[QUANTILE]);
	write_spread(json, "jitter_ms", jitter, jitter[QUANTILE]);
	fb_json_end(json, '}');
}

/* Those of the answer; their number, or -errno. */
static int write_items(struct fb_fleetquery *query, struct quality *quality, struct fb_json *json)
{
	uint64_t number[NUMBERS + SPREADS * (QUANTILE + 1)];
	int r = fb_fleetquery_ask(query, write_sql, quality);
	char *at = query->said.data;
	int n = 0;

	for (; r == 0 && *at; n++) {
		const char *key = fb_fleetcells_text(&at);

		if (!fb_fleetcells_numbers(&at, sizeof(number) / sizeof(*number), number))
			return -EPROTO;
		write_item(quality, key, number, json);
	}
	return r < 0 ? r : n;
}

int fb_fleetquality_write(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			  struct fb_json *json)
{
	struct quality quality = {.ask = ask, .total = true};
	int r;

	fb_json_object(json);
	fb_fleetsums_head(json, ask);
	fb_json_key(json, "total");
	r = write_items(query, &quality, json);
	if (r == 0)
		fb_json_null(json);
	fb_json_kv_array(json, "items");
	quality.total = false;
	if (r >= 0 && (ask->field != FB_FIELD_COUNT || ask->tag))
		r = write_items(query, &quality, json);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return r < 0 ? r : 0;
}
