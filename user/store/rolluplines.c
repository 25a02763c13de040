/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rolluplines.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_POINTS 720

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

struct fb_rollup_points fb_rollup_points_of(const struct fb_period *period, unsigned int least)
{
	const unsigned int width = width_of(period, least);
	const int64_t start = period->since - period->since % width;

	return (struct fb_rollup_points){width, start,
					 (unsigned int)((period->until - start - 1) / width) + 1};
}

/* Seconds of point `i` that lie in the period. */
static double seconds_of(const struct fb_rollup_points *points, const struct fb_period *period,
			 unsigned int i)
{
	const int64_t begin = points->start + (int64_t)i * points->width;
	const int64_t end = begin + points->width;

	return (double)((end < period->until ? end : period->until) -
			(begin > period->since ? begin : period->since));
}

static void write_way(struct fb_json *json, const char *key, const char *way,
		      const struct fb_rollup_points *points, const double *values)
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

void fb_rollup_free_lines(struct fb_rollup_lines *lines)
{
	for (unsigned int i = 0; i < lines->n; i++)
		free(lines->line[i].rate[0]);
}

struct fb_rollup_line *fb_rollup_add_line(struct fb_rollup_lines *lines, const char *key,
					  const struct fb_rollup_line *like)
{
	const unsigned int n = lines->points.n;
	struct fb_rollup_line *line = &lines->line[lines->n];
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

/* All that has no line of its own. */
int fb_rollup_add_rest(struct fb_rollup_lines *lines)
{
	const struct fb_rollup_line *all = &lines->line[0];
	struct fb_rollup_line *rest = fb_rollup_add_line(lines, "other", all);

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

void fb_rollup_take_point(struct fb_rollup_lines *lines, struct fb_rollup_line *line, int64_t slot,
			  const double bytes[static 2], const struct fb_period *period)
{
	const int64_t i = slot - lines->points.start / lines->points.width;

	if (i < 0 || i >= lines->points.n)
		return;
	for (int way = 0; way < 2; way++)
		line->rate[way][i] =
			8 * bytes[way] / seconds_of(&lines->points, period, (unsigned int)i);
}

void fb_rollup_write_lines(struct fb_json *json, const struct fb_rollup_lines *lines, bool total)
{
	fb_json_kv_u64(json, "step_s", lines->points.width);
	fb_json_kv_time(json, "start", lines->points.start * 1000);
	fb_json_kv_array(json, "series");
	for (unsigned int i = total ? 0 : 1; i < lines->n; i++) {
		const struct fb_rollup_line *line = &lines->line[i];

		write_way(json, line->key, "up", &lines->points, line->rate[0]);
		write_way(json, line->key, "down", &lines->points, line->rate[1]);
	}
	fb_json_end(json, ']');
}

static double rate_of(const struct fb_rollup_week *week, unsigned int day, unsigned int hour)
{
	const uint64_t hours = week->hours[day][hour];

	return hours ? 8 * (double)week->bytes[day][hour] / (FB_ROLLUP_HOUR_S * (double)hours)
		     : NAN;
}

void fb_rollup_write_week(struct fb_json *json, const struct fb_rollup_week *week)
{
	fb_json_kv_array(json, "rate_bps");
	for (unsigned int day = 0; day < FB_ROLLUP_DAYS; day++) {
		fb_json_array(json);
		for (unsigned int hour = 0; hour < FB_ROLLUP_HOURS; hour++)
			fb_json_num(json, rate_of(week, day, hour), 0);
		fb_json_end(json, ']');
	}
	fb_json_end(json, ']');
}
