/* SPDX-License-Identifier: BSD-2-Clause */
/* How it went over time, and at which hours of the week. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetsums.h"
#include "store/rolluplines.h"

#define LEAST_S 60 /* of a point: what lasts is told once a minute */

/* What the next statement is about. */
struct look {
	const struct fb_fleetsums_ask *ask;
	struct fb_fleetplan plan;
	struct fb_rollup_lines lines;
	struct fb_buf keys; /* quoted, by commas: those that have a line each */
	int ahead;
};

/* --- what is asked ---------------------------------------------------------------------------- */

/* Sensors that told that they were there: who counted nothing counted, too. Of hours that are added
 * up there may be no such rows any more. */
static void add_beats(const struct look *look, const struct fb_fleetdialect *dialect,
		      struct fb_buf *text)
{
	const struct fb_period *of = &look->ask->rollup.of;

	fb_buf_addf(text, "(SELECT toUInt64(%s) AS ms FROM %s.sensors WHERE ",
		    fb_fleetdialect_ms(dialect), dialect->database);
	fb_fleetdialect_bound(dialect, ">=", of->since * 1000, text);
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(dialect, "<", of->until * 1000, text);
	fb_buf_adds(text, " UNION ALL SELECT ms FROM ");
	fb_fleetsums_from(look->ask, &look->plan, dialect, true, text);
	fb_buf_adds(text, ")");
}

static void write_slots(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	fb_buf_addf(text, "SELECT intDiv(ms,%u) AS slot, 0, 0 FROM ",
		    look->lines.points.width * 1000);
	add_beats(look, dialect, text);
	fb_buf_adds(text, " GROUP BY slot FORMAT TabSeparated");
}

static void write_all(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	fb_buf_addf(text, "SELECT intDiv(ms,%u) AS slot, sum(bytes_up), sum(bytes_down) FROM ",
		    look->lines.points.width * 1000);
	fb_fleetsums_from(look->ask, &look->plan, dialect, true, text);
	fb_buf_adds(text, " GROUP BY slot FORMAT TabSeparated");
}

static void write_keys(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	fb_buf_adds(text, "SELECT key FROM ");
	fb_fleetsums_from(look->ask, &look->plan, dialect, false, text);
	fb_buf_addf(text,
		    " WHERE key NOT IN ('','::') GROUP BY key ORDER BY "
		    "sum(bytes_up+bytes_down) DESC, key LIMIT %u FORMAT TabSeparated",
		    look->ask->rollup.limit);
}

static void write_lines(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	fb_buf_addf(text, "SELECT key, intDiv(ms,%u) AS slot, sum(bytes_up), sum(bytes_down) FROM ",
		    look->lines.points.width * 1000);
	fb_fleetsums_from(look->ask, &look->plan, dialect, false, text);
	fb_buf_adds(text, " WHERE key IN (");
	fb_buf_add(text, look->keys.data, look->keys.len);
	fb_buf_adds(text, ") GROUP BY key, slot ORDER BY key FORMAT TabSeparated");
}

/* --- lines ------------------------------------------------------------------------------------ */

static int take_points(struct look *look, struct fb_rollup_line *line, char *at)
{
	uint64_t in[3];

	while (*at) {
		if (!fb_fleetcells_numbers(&at, 3, in))
			return -EPROTO;
		fb_rollup_take_point(&look->lines, line, (int64_t)in[0],
				     (double[]){(double)in[1], (double)in[2]},
				     &look->ask->rollup.of);
	}
	return 0;
}

/* Where somebody counted there is at least 0. */
static int read_all(struct fb_fleetquery *query, struct look *look)
{
	struct fb_rollup_line *line = fb_rollup_add_line(&look->lines, "", NULL);
	int r = line ? fb_fleetquery_ask(query, write_slots, look) : -ENOMEM;

	if (r == 0)
		r = take_points(look, line, query->said.data);
	if (r == 0)
		r = fb_fleetquery_ask(query, write_all, look);
	return r < 0 ? r : take_points(look, line, query->said.data);
}

static int take_lines(struct look *look, char *at)
{
	struct fb_rollup_line *line = NULL;
	uint64_t in[3];

	while (*at) {
		const char *key = fb_fleetsums_key(look->ask, fb_fleetcells_text(&at));

		if (!key || !fb_fleetcells_numbers(&at, 3, in))
			return -EPROTO;
		if (!line || strncmp(line->key, key, sizeof(line->key) - 1) != 0)
			line = fb_rollup_add_line(&look->lines, key, &look->lines.line[0]);
		if (!line)
			return -ENOMEM;
		fb_rollup_take_point(&look->lines, line, (int64_t)in[0],
				     (double[]){(double)in[1], (double)in[2]},
				     &look->ask->rollup.of);
	}
	return 0;
}

static int read_keys(struct fb_fleetquery *query, struct look *look)
{
	int r = fb_fleetquery_ask(query, write_keys, look);
	char *at;

	if (r < 0)
		return r;
	for (at = query->said.data; *at;) {
		if (look->keys.len)
			fb_buf_addc(&look->keys, ',');
		fb_fleetsums_quoted(&look->keys, fb_fleetcells_text(&at));
	}
	if (fb_buf_error(&look->keys))
		return -ENOMEM;
	if (!look->keys.len)
		return 0;
	r = fb_fleetquery_ask(query, write_lines, look);
	return r < 0 ? r : take_lines(look, query->said.data);
}

int fb_fleetsums_write_series(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			      struct fb_json *json)
{
	const bool total = ask->field == FB_FIELD_COUNT;
	struct look look = {.ask = ask};
	int r;

	look.lines.points = fb_rollup_points_of(&ask->rollup.of, LEAST_S);
	r = fb_fleetsums_plan(query, ask, look.lines.points.width, 0, &look.plan);
	if (r == 0)
		r = read_all(query, &look);
	if (r == 0 && !total)
		r = read_keys(query, &look);
	if (r == 0 && !total && !ask->rollup.key)
		r = fb_rollup_add_rest(&look.lines);
	if (r == 0) {
		fb_json_object(json);
		fb_fleetsums_head(json, ask);
		fb_rollup_write_lines(json, &look.lines, total);
		fb_json_end(json, '}');
	}
	fb_fleetplan_fini(&look.plan);
	fb_rollup_free_lines(&look.lines);
	fb_buf_fini(&look.keys);
	return r;
}

/* --- the week --------------------------------------------------------------------------------- */

/* Monday is 0; 1970 began with a Thursday. */
static void add_hours(const struct look *look, const char *what, struct fb_buf *text)
{
	fb_buf_addf(text,
		    "SELECT toUInt64((intDiv(toInt64(ms)+%d000,86400000)+3)%%7) AS day, "
		    "toUInt64(intDiv(toInt64(ms)+%d000,3600000)%%24) AS hour, %s FROM ",
		    look->ahead, look->ahead, what);
}

static void write_counted(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	add_hours(ctx, "uniqExact(intDiv(ms,3600000))", text);
	add_beats(ctx, dialect, text);
	fb_buf_adds(text, " GROUP BY day, hour FORMAT TabSeparated");
}

static void write_hours(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	add_hours(ctx, "sum(bytes_up+bytes_down)", text);
	fb_fleetsums_from(look->ask, &look->plan, dialect, false, text);
	fb_buf_adds(text, " GROUP BY day, hour FORMAT TabSeparated");
}

static int read_week(struct fb_fleetquery *query, struct look *look, fb_fleetquery_write *write,
		     uint64_t week[static FB_ROLLUP_DAYS][FB_ROLLUP_HOURS])
{
	uint64_t in[3];
	char *at;
	int r = fb_fleetquery_ask(query, write, look);

	if (r < 0)
		return r;
	for (at = query->said.data; *at;) {
		if (!fb_fleetcells_numbers(&at, 3, in) || in[0] >= FB_ROLLUP_DAYS ||
		    in[1] >= FB_ROLLUP_HOURS)
			return -EPROTO;
		week[in[0]][in[1]] = in[2];
	}
	return 0;
}

int fb_fleetsums_write_heat(struct fb_fleetquery *query, const struct fb_fleetsums_ask *ask,
			    int ahead, struct fb_json *json)
{
	struct fb_rollup_week week = {0};
	struct look look = {.ask = ask, .ahead = ahead};
	int r = fb_fleetsums_plan(query, ask, FB_FLEETROLLUP_HOUR, ahead, &look.plan);

	if (r == 0)
		r = read_week(query, &look, write_counted, week.hours);
	if (r == 0)
		r = read_week(query, &look, write_hours, week.bytes);
	fb_fleetplan_fini(&look.plan);
	if (r < 0)
		return r;
	fb_json_object(json);
	fb_fleetsums_head(json, ask);
	fb_rollup_write_week(json, &week);
	fb_json_end(json, '}');
	return 0;
}
