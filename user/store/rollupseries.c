/* SPDX-License-Identifier: BSD-2-Clause */
/* How it went over time. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/rolluprows.h"

#define MOST_POINTS 720

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

/* Seconds of a point, the least by which there are not too many. */
static unsigned int width_of(const struct fb_period *period, unsigned int least)
{
	static const unsigned int widths[] = {10,   30,	  60,	120,   300,   600,   900,
					      1800, 3600, 7200, 10800, 21600, 43200, 86400};
	unsigned int i = 0, width;

	while (i + 1 < sizeof(widths) / sizeof(*widths) &&
	       (widths[i] < least || (period->until - period->since) / widths[i] >= MOST_POINTS))
		i++;
	for (width = widths[i]; (period->until - period->since) / width >= MOST_POINTS;)
		width *= 2; /* of years, or of a time as far off as one likes */
	return width;
}

struct points {
	unsigned int width;
	int64_t start; /* s since 1970 */
	unsigned int n;
};

static struct points points_of(const struct fb_period *period, unsigned int least)
{
	const unsigned int width = width_of(period, least);
	const int64_t start = period->since - period->since % width;

	return (struct points){width, start,
			       (unsigned int)((period->until - start - 1) / width) + 1};
}

/* Seconds of point `i` that lie in the period. */
static double seconds_of(const struct points *points, const struct fb_period *period,
			 unsigned int i)
{
	const int64_t begin = points->start + (int64_t)i * points->width;
	const int64_t end = begin + points->width;

	return (double)((end < period->until ? end : period->until) -
			(begin > period->since ? begin : period->since));
}

static void write_way(struct fb_json *json, const char *key, const char *way,
		      const struct points *points, const double *values)
{
	fb_json_object(json);
	fb_json_key(json, "key");
	fb_json_strf(json, "%s%s%s", key, *key ? "." : "", way);
	fb_json_kv_array(json, "values");
	for (unsigned int i = 0; i < points->n; i++)
		fb_json_num(json, values[i], 0);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

/* Bits a second of one key, up and down; of what was not counted at all, nothing. */
struct line {
	char key[256];
	double *rate[2];
};

struct lines {
	struct points points;
	unsigned int n;
	struct line line[FB_ROLLUP_LINES + 2]; /* all of them first */
};

static void free_lines(struct lines *lines)
{
	for (unsigned int i = 0; i < lines->n; i++)
		free(lines->line[i].rate[0]);
}

#define _cleanup_lines_ __attribute__((__cleanup__(free_lines)))

static struct line *add_line(struct lines *lines, const char *key, const struct line *like)
{
	const unsigned int n = lines->points.n;
	struct line *line = &lines->line[lines->n];
	double *values = malloc(2 * sizeof(double) * n);

	if (!values)
		return NULL;
	lines->n++;
	snprintf(line->key, sizeof(line->key), "%s", key);
	line->rate[0] = values;
	line->rate[1] = values + n;
	for (unsigned int i = 0; i < n; i++)
		for (int way = 0; way < 2; way++)
			line->rate[way][i] = like && !isnan(like->rate[way][i]) ? 0 : NAN;
	return line;
}

/* Point, bytes up, bytes down, from column `at` on. */
static void take_point(struct lines *lines, struct line *line, sqlite3_stmt *statement, int at,
		       const struct fb_period *period)
{
	const int64_t i =
		sqlite3_column_int64(statement, at) - lines->points.start / lines->points.width;

	if (i < 0 || i >= lines->points.n)
		return;
	for (int way = 0; way < 2; way++)
		line->rate[way][i] = 8 * sqlite3_column_double(statement, at + 1 + way) /
				     seconds_of(&lines->points, period, (unsigned int)i);
}

static int read_all(struct lines *lines, const struct fb_rollup_rows *rows)
{
	const struct fb_rollup_rows all = fb_rollup_rows_total(rows);
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct line *line = add_line(lines, "", NULL);
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

static int read_keys(struct lines *lines, const struct fb_rollup_rows *rows)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct line *line = NULL;
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
			line = add_line(lines, key, &lines->line[0]);
		if (!line)
			return -ENOMEM;
		take_point(lines, line, statement, 1, &rows->ask->of);
	}
	return r;
}

/* All that has no line of its own. */
static int add_rest(struct lines *lines)
{
	const struct line *all = &lines->line[0];
	struct line *rest = add_line(lines, "other", all);

	if (!rest)
		return -ENOMEM;
	for (unsigned int i = 0; i < lines->points.n; i++)
		for (int way = 0; way < 2; way++) {
			rest->rate[way][i] = all->rate[way][i];
			for (unsigned int k = 1; k + 1 < lines->n; k++)
				rest->rate[way][i] -= lines->line[k].rate[way][i];
			if (rest->rate[way][i] < 0)
				rest->rate[way][i] = 0;
		}
	return 0;
}

int fb_rollup_write_series(struct sqlite3 *db, const struct fb_rollup_ask *ask,
			   struct fb_json *json)
{
	_cleanup_lines_ struct lines lines = {.n = 0};
	const bool total = ask->by == FB_ROLLUP_total;
	struct fb_rollup_kept kept[FB_ROLLUP_STEPS];
	struct fb_rollup_rows rows;
	int r = fb_rollup_kept(db, kept);

	if (r == 0) {
		lines.points = points_of(&ask->of, least_width(kept, ask->of.since));
		r = fb_rollup_rows(&rows, db, ask, lines.points.width);
	}
	if (r == 0)
		r = read_all(&lines, &rows);
	if (r == 0 && !total)
		r = read_keys(&lines, &rows);
	if (r == 0 && !total && !ask->key && add_rest(&lines) < 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	fb_json_object(json);
	fb_rollup_write_head(json, ask);
	fb_json_kv_u64(json, "step_s", lines.points.width);
	fb_json_kv_time(json, "start", lines.points.start * 1000);
	fb_json_kv_array(json, "series");
	for (unsigned int i = total ? 0 : 1; i < lines.n; i++) {
		write_way(json, lines.line[i].key, "up", &lines.points, lines.line[i].rate[0]);
		write_way(json, lines.line[i].key, "down", &lines.points, lines.line[i].rate[1]);
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
