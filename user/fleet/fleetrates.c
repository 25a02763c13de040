/* SPDX-License-Identifier: BSD-2-Clause */
/* Rates of sensors over time, by what their flows counted from one of their rows to the next. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetsensors.h"
#include "fleet/fleetsums.h"
#include "util/cleanup.h"
#include "util/select.h"

#define MOST_POINTS 360
#define MOST_CELLS  400000 /* of an answer: sensors by points */
#define GAP_MS	    60000  /* without a word: then there is nothing to be said of it */

struct line {
	const char *key; /* the sensor's name, site or tag, where its last row stands */
	double *rate, sum;
};

struct rates {
	const char *by;
	int64_t since_ms, until_ms, start_ms, step_ms;
	unsigned int n_points;
	struct line *line; /* one a sensor, by id */
	unsigned int n;
};

/* --- what is asked ---------------------------------------------------------------------------- */

static void add_range(const struct rates *rates, const struct fb_fleetdialect *dialect,
		      struct fb_buf *text)
{
	fb_buf_addf(text, " FROM %s.sensors WHERE ", dialect->database);
	fb_fleetdialect_bound(dialect, ">=", rates->since_ms, text);
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(dialect, "<=", rates->until_ms, text);
}

static void write_n(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT uniqExact(sensor_id)");
	add_range(ctx, dialect, text);
	fb_buf_adds(text, " FORMAT TabSeparated");
}

#define BY_TAG "tag:"

bool fb_fleetrates_is_by(const char *by)
{
	return !strcmp(by, "sensor") || !strcmp(by, "site") ||
	       (!strncmp(by, BY_TAG, strlen(BY_TAG)) && by[strlen(BY_TAG)]);
}

static void add_key(const struct rates *rates, struct fb_buf *text)
{
	if (!strncmp(rates->by, BY_TAG, strlen(BY_TAG)))
		fb_fleetsums_tag(rates->by + strlen(BY_TAG), text);
	else
		fb_buf_adds(text, rates->by);
}

static void write_rates(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct rates *rates = ctx;

	fb_buf_addf(text,
		    "SELECT sensor_id, run, intDiv(ms,%" PRId64 ") AS slot, max(ms), "
		    "max(flow_bytes), any(key) FROM (SELECT sensor_id, run, flow_bytes, "
		    "toUInt64(%s) AS ms, ",
		    rates->step_ms, fb_fleetdialect_ms(dialect));
	add_key(rates, text);
	fb_buf_adds(text, " AS key");
	add_range(rates, dialect, text);
	fb_buf_adds(text, ") GROUP BY sensor_id, run, slot ORDER BY sensor_id, run, slot "
			  "FORMAT TabSeparated");
}

static bool is_too_fine(const struct rates *rates, int64_t step, uint64_t n)
{
	const uint64_t points =
		(uint64_t)(rates->until_ms - rates->since_ms) / 1000 / (uint64_t)step;

	return points > MOST_POINTS || points * n > MOST_CELLS;
}

/* Of any time no more than so many points, as the history's series. */
static int choose_step(struct rates *rates, uint64_t n)
{
	static const unsigned int steps[] = {10,  20,	30,   60,   120,   300,	  600,
					     900, 1800, 3600, 7200, 21600, 43200, 86400};
	unsigned int i = 0;
	int64_t step;

	while (i + 1 < sizeof(steps) / sizeof(*steps) && is_too_fine(rates, steps[i], n))
		i++;
	for (step = steps[i]; is_too_fine(rates, step, n);)
		step *= 2;
	rates->step_ms = step * 1000;
	rates->start_ms = rates->since_ms - rates->since_ms % rates->step_ms;
	rates->n_points = (unsigned int)((rates->until_ms - rates->start_ms) / rates->step_ms) + 1;
	rates->line = calloc(n + 1, sizeof(*rates->line));
	return rates->line ? 0 : -ENOMEM;
}

/* --- the answer ------------------------------------------------------------------------------- */

static double *new_values(unsigned int n)
{
	double *values = malloc(n * sizeof(*values));

	for (unsigned int i = 0; values && i < n; i++)
		values[i] = NAN;
	return values;
}

/* A row of the answer, and the one before it. */
struct row {
	const char *id;
	uint64_t run, ms, bytes;
};

/* What was counted between two moments, to each point its share. */
static void add_bytes(struct rates *rates, struct line *line, int64_t from, int64_t to,
		      double bytes)
{
	for (int64_t at = from - from % rates->step_ms; at < to; at += rates->step_ms) {
		const int64_t i = (at - rates->start_ms) / rates->step_ms;
		const int64_t end = at + rates->step_ms < to ? at + rates->step_ms : to;
		const double part = (double)(end - (at > from ? at : from)) / (double)(to - from);
		const double rate = 8000 * bytes * part / (double)rates->step_ms;

		if (at < rates->start_ms || i >= rates->n_points)
			continue;
		line->rate[i] = isnan(line->rate[i]) ? rate : line->rate[i] + rate;
		line->sum += rate;
	}
}

/* Since the row before; a run that began in this time counted from nothing. */
static void take_rate(struct rates *rates, struct line *line, const struct row *row,
		      const struct row *last)
{
	const bool same = last->id && !strcmp(last->id, row->id) && last->run == row->run;
	const struct row start = {.ms = row->run};
	const struct row *from = same ? last : &start;
	const uint64_t ms = row->ms - from->ms;

	if ((!same && (int64_t)row->run < rates->since_ms) || row->ms <= from->ms ||
	    row->bytes < from->bytes || (ms > GAP_MS && ms > 2 * (uint64_t)rates->step_ms))
		return;
	add_bytes(rates, line, (int64_t)from->ms, (int64_t)row->ms,
		  (double)(row->bytes - from->bytes));
}

static int take_rows(struct rates *rates, uint64_t most, char *at)
{
	struct row last = {.id = NULL}, row;
	uint64_t in[4];

	for (; *at; last = row) {
		row.id = fb_fleetcells_text(&at);
		if (!fb_fleetcells_numbers(&at, 4, in))
			return -EPROTO;
		row = (struct row){row.id, in[0], in[2], in[3]};
		if (!last.id || strcmp(last.id, row.id) != 0) {
			if (rates->n == most) /* it came meanwhile */
				return 0;
			rates->line[rates->n].rate = new_values(rates->n_points);
			if (!rates->line[rates->n].rate)
				return -ENOMEM;
			rates->n++;
		}
		rates->line[rates->n - 1].key = fb_fleetcells_text(&at);
		take_rate(rates, &rates->line[rates->n - 1], &row, &last);
	}
	return 0;
}

static int by_sum(const void *a_, const void *b_, void *ctx)
{
	const struct line *a = a_, *b = b_;

	(void)ctx;
	return (a->sum < b->sum) - (a->sum > b->sum);
}

static int by_key(const void *a_, const void *b_, void *ctx)
{
	const struct line *a = a_, *b = b_;

	(void)ctx;
	return strcmp(a->key, b->key);
}

static void add_line(const struct rates *rates, struct line *to, const struct line *from)
{
	for (unsigned int i = 0; i < rates->n_points; i++)
		if (!isnan(from->rate[i]))
			to->rate[i] = from->rate[i] + (isnan(to->rate[i]) ? 0 : to->rate[i]);
	to->sum += from->sum;
}

/* Sensors of a site, or of a tag, are one line. */
static void merge(struct rates *rates)
{
	unsigned int last = 0;

	if (!rates->n || !strcmp(rates->by, "sensor"))
		return;
	fb_sort(rates->line, rates->n, sizeof(*rates->line), by_key, NULL);
	for (unsigned int k = 1; k < rates->n; k++) {
		if (strcmp(rates->line[last].key, rates->line[k].key) != 0) {
			rates->line[++last] = rates->line[k];
			continue;
		}
		add_line(rates, &rates->line[last], &rates->line[k]);
		free(rates->line[k].rate);
	}
	rates->n = last + 1;
}

/* All behind the first `limit` as one. */
static void add_up(struct rates *rates, unsigned int limit)
{
	for (unsigned int k = limit + 1; k < rates->n; k++)
		add_line(rates, &rates->line[limit], &rates->line[k]);
}

static void write_line(struct fb_json *json, const struct rates *rates, const char *key,
		       const double *rate)
{
	fb_json_object(json);
	fb_json_kv_str(json, "key", key);
	fb_json_kv_array(json, "values");
	for (unsigned int i = 0; i < rates->n_points; i++)
		fb_json_num(json, rate[i], 0);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_all(struct fb_json *json, struct rates *rates, unsigned int limit)
{
	const unsigned int n = rates->n < limit ? rates->n : limit;

	fb_sort(rates->line, rates->n, sizeof(*rates->line), by_sum, NULL);
	fb_json_object(json);
	fb_json_kv_str(json, "by", rates->by);
	fb_json_kv_u64(json, "step_s", (uint64_t)rates->step_ms / 1000);
	fb_json_kv_time(json, "start", rates->start_ms);
	fb_json_kv_u64(json, "others", rates->n - n);
	fb_json_kv_array(json, "series");
	for (unsigned int i = 0; i < n; i++)
		write_line(json, rates, rates->line[i].key, rates->line[i].rate);
	fb_json_end(json, ']');
	fb_json_key(json, "rest");
	if (rates->n > limit) {
		add_up(rates, limit);
		write_line(json, rates, NULL, rates->line[limit].rate);
	} else {
		fb_json_null(json);
	}
	fb_json_end(json, '}');
}

static int read_rates(struct fb_fleetquery *query, struct rates *rates)
{
	uint64_t n;
	char *at;
	int r = fb_fleetquery_ask(query, write_n, rates);

	if (r < 0)
		return r;
	at = query->said.data;
	if (!fb_fleetcells_numbers(&at, 1, &n))
		return -EPROTO;
	r = choose_step(rates, n);
	if (r == 0)
		r = fb_fleetquery_ask(query, write_rates, rates);
	return r < 0 ? r : take_rows(rates, n, query->said.data);
}

int fb_fleetrates_write(struct fb_fleetquery *query, const struct fb_fleetrates_ask *ask,
			struct fb_json *json)
{
	struct rates rates = {.by = ask->by, .since_ms = ask->since_ms, .until_ms = ask->until_ms};
	const int r = read_rates(query, &rates);

	merge(&rates);
	if (r == 0)
		write_all(json, &rates, ask->limit);
	for (unsigned int i = 0; i < rates.n; i++)
		free(rates.line[i].rate);
	free(rates.line);
	return r;
}
