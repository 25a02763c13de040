/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of the past, in memory: rates over a day, windows of some seconds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "past/series.h"
#include "util/fmt.h"
#include "util/cleanup.h"

#define DAY_MS 86400000

static void write_values(struct fb_json *json, const char *key, const char *suffix,
			 const float *values, uint32_t n)
{
	fb_json_object(json);
	fb_json_key(json, "key");
	fb_json_strf(json, "%s%s%s", key, *key && *suffix ? "." : "", suffix);
	fb_write_points(json, "values", values, n);
	fb_json_end(json, '}');
}

/* What a line has is called after: NULL: nothing that is told. */
struct part {
	enum fb_series_by by;
	const char *up, *down;
};

#define TOTAL_PART  {FB_SERIES_TOTAL, "up", "down"}
#define COUNTS_PART {FB_SERIES_COUNTS, "flows", "pps"}
#define NEW_PART    {FB_SERIES_NEW, "new", "entries"}

/* The metrics, by their words; one may be made of several kinds of lines. */
static const char *const metrics[] = {"rate",	 "flows",   "pps",     "new",
				      "entries", "summary", "monitor", NULL};
static const struct metric {
	struct part part[3];
	unsigned int n;
} metric_parts[] = {
	{{TOTAL_PART}, 1},
	{{{FB_SERIES_COUNTS, "flows", NULL}}, 1},
	{{{FB_SERIES_COUNTS, NULL, "pps"}}, 1},
	{{{FB_SERIES_NEW, "new", NULL}}, 1},
	{{{FB_SERIES_NEW, NULL, "entries"}}, 1},
	{{TOTAL_PART, COUNTS_PART, NEW_PART}, 3},
	{{{FB_SERIES_WORK, "tick_us", "cpu_permille"}, {FB_SERIES_COST, "memory", "losses"}}, 2},
};

enum { RATE, FLOWS };

/* What lines are kept apart by, and what is told of them; NULL words: no such metric. */
#define BY_HOST 3 /* and what follows */
static const char *const bys[] = {"total", "proto", "iface", "host", "service", NULL};
static const struct metric kept[][2] = {
	[1] = {{{{FB_SERIES_PROTO, "up", "down"}}, 1}},
	[2] = {{{{FB_SERIES_IFACE, "up", "down"}}, 1}},
	[3] = {{{{FB_SERIES_HOST, "up", "down"}}, 1}},
	[4] = {{{{FB_SERIES_SERVICE, "up", "down"}}, 1},
	       {{{FB_SERIES_SERVICE_FLOWS, "flows", NULL}}, 1}},
};

static void write_lines(struct fb_json *json, const struct fb_series_answer *answer,
			const struct part *part)
{
	for (unsigned int i = 0; i < answer->n_lines; i++) {
		const struct fb_series_line *line = &answer->line[i];

		if (part->up)
			write_values(json, line->key, part->up, line->up, answer->n);
		if (part->down)
			write_values(json, line->key, part->down, line->down, answer->n);
	}
}

static int write_series(struct fb_json *json, struct fb_series *series, const struct metric *metric,
			uint32_t seconds)
{
	fb_json_object(json);
	for (unsigned int i = 0; i < metric->n; i++) {
		struct fb_series_answer answer;

		if (fb_series_read(series, metric->part[i].by, seconds, &answer) < 0)
			return -ENOMEM;
		if (i == 0) {
			fb_json_kv_u64(json, "step_s", answer.step_s);
			fb_json_kv_time(json, "start", answer.start_ms);
			fb_json_kv_array(json, "series");
		}
		write_lines(json, &answer, &metric->part[i]);
		fb_series_answer_fini(&answer);
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}

int fb_api_series(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	const char *range = fb_param(req, "range");
	const struct metric *asked;
	unsigned int metric, by;
	uint64_t range_ms = 15 * 60 * 1000;

	if (!fb_param_enum(req, "metric", metrics, RATE, &metric) ||
	    !fb_param_enum(req, "by", bys, 0, &by))
		return 0;
	if (range && fb_fmt_parse_duration(range, 1000, DAY_MS, &range_ms) < 0) {
		fb_reply_param(req, "range", "must be a time such as 15m, from 1s to 1d");
		return 0;
	}
	if (req->anonymised && by >= BY_HOST) {
		fb_told_refuse(req, "rates by host and by service are of hosts");
		return 0;
	}
	asked = by == 0 ? &metric_parts[metric] : metric <= FLOWS ? &kept[by][metric] : NULL;
	if (!asked || !asked->n) {
		fb_reply_param(req, "by",
			       "must be total: only rates are kept apart, and flows by service");
		return 0;
	}
	return write_series(fb_reply_json(req), fb_engine_series(api->engine), asked,
			    (uint32_t)(range_ms / 1000));
}
