/* SPDX-License-Identifier: BSD-2-Clause */
/* How it went over time. */
#include <errno.h>
#include <string.h>

#include "store/rolluplines.h"
#include "store/rolluprows.h"

/* From there on there is something of a step; the end of time: nothing. */
static int64_t kept_from(const struct fb_rollup_kept *kept)
{
	return kept->to ? kept->from : INT64_MAX;
}

/*
 * Points as long as the coarsest step that alone goes back far enough: by one of its own at least,
 * for each begins at a round time before the first thing that was counted.
 */
static unsigned int least_width(const struct fb_rollup_kept kept[static FB_ROLLUP_STEPS],
				int64_t since)
{
	unsigned int level = 0;

	for (unsigned int i = 1; i < FB_ROLLUP_STEPS; i++)
		if (kept_from(&kept[level]) > since && kept[i].to &&
		    kept[i].from + fb_rollup_steps[i] <= kept_from(&kept[level]))
			level = i;
	return fb_rollup_steps[level];
}

/* Point, bytes up, bytes down, from column `at` on. */
static void take_point(struct fb_rollup_lines *lines, struct fb_rollup_line *line,
		       sqlite3_stmt *statement, int at, const struct fb_period *period)
{
	const double bytes[2] = {sqlite3_column_double(statement, at + 1),
				 sqlite3_column_double(statement, at + 2)};

	fb_rollup_take_point(lines, line, sqlite3_column_int64(statement, at), bytes, period);
}

static int read_all(struct fb_rollup_lines *lines, const struct fb_rollup_rows *rows)
{
	const struct fb_rollup_rows all = fb_rollup_rows_total(rows);
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct fb_rollup_line *line = fb_rollup_add_line(lines, "", NULL);
	int at, r = line ? fb_rollup_prepare(&all,
					     "SELECT time/?,sum(bytes_up),sum(bytes_down) "
					     "FROM r GROUP BY 1",
					     &statement, &at)
			 : -ENOMEM;

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, at, lines->points.width);
	while ((r = fb_sql_step(statement)) > 0)
		take_point(lines, line, statement, 0, &rows->ask->of);
	return r;
}

static int read_keys(struct fb_rollup_lines *lines, const struct fb_rollup_rows *rows)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct fb_rollup_line *line = NULL;
	int at, r = fb_rollup_prepare(
			rows,
			"SELECT key,time/?,sum(bytes_up),sum(bytes_down) FROM r WHERE key IN "
			"(SELECT key FROM r WHERE key IS NOT x'00' AND key IS NOT '' GROUP BY key "
			"ORDER BY sum(bytes_up+bytes_down) DESC,key LIMIT ?) GROUP BY 1,2",
			&statement, &at);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, at, lines->points.width);
	sqlite3_bind_int64(statement, at + 1, rows->ask->limit);
	while ((r = fb_sql_step(statement)) > 0) {
		char buf[FB_ADDR_STRLEN];
		const char *known = fb_rollup_key(statement, 0, buf), *key = known ? known : "";

		if (!line || strncmp(line->key, key, sizeof(line->key) - 1) != 0)
			line = fb_rollup_add_line(lines, key, &lines->line[0]);
		if (!line)
			return -ENOMEM;
		take_point(lines, line, statement, 1, &rows->ask->of);
	}
	return r;
}

int fb_rollup_write_series(struct sqlite3 *db, const struct fb_rollup_ask *ask,
			   struct fb_json *json)
{
	_cleanup_rollup_lines_ struct fb_rollup_lines lines = {.n = 0};
	const bool total = ask->by == FB_ROLLUP_total;
	struct fb_rollup_kept kept[FB_ROLLUP_STEPS];
	struct fb_rollup_rows rows;
	int r = fb_rollup_kept(db, kept);

	if (r == 0) {
		lines.points = fb_rollup_points_of(&ask->of, least_width(kept, ask->of.since));
		r = fb_rollup_rows(&rows, db, ask, lines.points.width);
	}
	if (r == 0)
		r = read_all(&lines, &rows);
	if (r == 0 && !total)
		r = read_keys(&lines, &rows);
	if (r == 0 && !total && !ask->key && fb_rollup_add_rest(&lines) < 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	fb_json_object(json);
	fb_rollup_write_head(json, ask);
	fb_rollup_write_lines(json, &lines, total);
	fb_json_end(json, '}');
	return 0;
}
