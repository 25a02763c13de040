/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetsensors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "util/cleanup.h"
#include "util/select.h"

#define SETTLED_MS 45000 /* a batch closed, and sent */
#define LATELY_MS  75000 /* rates are of the time since */
#define LATELY_END 15000 /* ... until then, of what rows tell */

/* --- who there is ----------------------------------------------------------------------------- */

static void write_heard(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct fb_fleetsensors *list = ctx;

	fb_buf_adds(text, "SELECT sensor_id, argMax(sensor,time), argMax(site,time), "
			  "arrayStringConcat(argMax(tags,time),'\\x1F'), argMax(version,time), ");
	fb_buf_addf(text, dialect->modern ? "toUnixTimestamp64Milli(max(time))" : "max(time)");
	fb_buf_addf(text, " FROM %s.sensors WHERE ", dialect->database);
	fb_fleetdialect_bound(dialect, ">=", list->now_ms - FB_FLEETSENSORS_LISTED, text);
	fb_buf_adds(text, " GROUP BY sensor_id ORDER BY sensor_id FORMAT TabSeparated");
}

static uint32_t count_lines(const char *text)
{
	uint32_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static int take_heard(struct fb_fleetsensors *list, char *at)
{
	const uint32_t n = count_lines(at);

	list->n = n < FB_FLEETSENSORS_MOST ? n : FB_FLEETSENSORS_MOST;
	list->left_out = n - list->n;
	list->sensor = calloc(list->n + 1, sizeof(*list->sensor));
	for (uint32_t i = 0; list->sensor && i < list->n; i++) {
		struct fb_fleet_sensor *sensor = &list->sensor[i];
		uint64_t heard;

		sensor->id = fb_fleetcells_text(&at);
		sensor->name = fb_fleetcells_text(&at);
		sensor->site = fb_fleetcells_text(&at);
		sensor->tags = fb_fleetcells_text(&at);
		sensor->version = fb_fleetcells_text(&at);
		if (!fb_fleetcells_numbers(&at, 1, &heard))
			return -EPROTO;
		sensor->heard_ms = (int64_t)heard;
	}
	return list->sensor ? 0 : -ENOMEM;
}

/* --- how they fare ---------------------------------------------------------------------------- */

/* Of a run, in the order of the answer. */
#define SETTLED "ms<=settled"
#define EARLIER "ms<=earlier"
static const char *const columns[] = {
	"run",
	"min(ms)",
	"max(ms)",
	"maxIf(ms," EARLIER ")",
	"maxIf(ms," SETTLED ")",
	"min(told_packets)",
	"min(told_bytes)",
	"maxIf(told_packets," SETTLED ")",
	"maxIf(told_bytes," SETTLED ")",
	"min(lost_packets)",
	"min(lost_bytes)",
	"max(lost_packets)",
	"max(lost_bytes)",
	"min(flow_packets)",
	"min(flow_bytes)",
	"maxIf(flow_packets," EARLIER ")",
	"maxIf(flow_bytes," EARLIER ")",
	"max(flow_packets)",
	"max(flow_bytes)",
	"max(rows)",
	"max(rows_sent)",
	"max(rows_dropped)",
	"min(rows_dropped)",
	"argMax(lag_ms,ms)",
	"argMax(spool_bytes,ms)",
	"argMax(spool_batches,ms)",
	"max(uptime_ms)",
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static void write_beats(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct fb_fleetsensors *list = ctx;

	fb_buf_adds(text, "SELECT sensor_id");
	for (size_t i = 0; i < COLUMNS; i++)
		fb_buf_addf(text, ", %s", columns[i]);
	fb_buf_adds(text,
		    ", arrayStringConcat(argMax(losses,ms),',')"
		    ", arrayStringConcat(arrayMap(x->toString(x),argMax(loss_counts,ms)),',')"
		    ", arrayStringConcat(argMin(losses,ms),',')"
		    ", arrayStringConcat(arrayMap(x->toString(x),argMin(loss_counts,ms)),',')");
	fb_buf_addf(text,
		    " FROM (SELECT *, toUInt64(%s) AS ms, toUInt64(%" PRId64
		    ") AS settled, toUInt64(%" PRId64 ") AS earlier FROM %s.sensors WHERE ",
		    fb_fleetdialect_ms(dialect), list->now_ms - SETTLED_MS,
		    list->now_ms - LATELY_MS, dialect->database);
	fb_fleetdialect_bound(dialect, ">=", list->since_ms, text);
	fb_buf_adds(text, ") GROUP BY sensor_id, run ORDER BY sensor_id, run FORMAT TabSeparated");
}

static void take_numbers(struct fb_fleet_run *run, const uint64_t *in)
{
	*run = (struct fb_fleet_run){
		.number = in[0],
		.first_ms = (int64_t)in[1],
		.last_ms = (int64_t)in[2],
		.earlier_ms = (int64_t)in[3],
		.settled_ms = (int64_t)in[4],
		.told_first = {in[5], in[6]},
		.told = {in[7], in[8]},
		.lost_first = {in[9], in[10]},
		.lost = {in[11], in[12]},
		.flow_first = {in[13], in[14]},
		.flow_earlier = {in[15], in[16]},
		.flow = {in[17], in[18]},
		.rows = in[19],
		.rows_sent = in[20],
		.rows_dropped = in[21],
		.rows_dropped_first = in[22],
		.lag_ms = in[23],
		.spool_bytes = in[24],
		.spool_batches = in[25],
		.uptime_ms = in[26],
	};
}

/* Both lists go by ids. Of sensors that are left out there are runs, too: -ENOENT. */
static int take_run(struct fb_fleetsensors *list, char **at, uint32_t *sensor,
		    struct fb_fleet_run *run)
{
	const char *id = fb_fleetcells_text(at);
	uint64_t numbers[COLUMNS];

	if (!fb_fleetcells_numbers(at, COLUMNS, numbers))
		return -EPROTO;
	take_numbers(run, numbers);
	run->losses = fb_fleetcells_text(at);
	run->counts = fb_fleetcells_text(at);
	run->losses_first = fb_fleetcells_text(at);
	run->counts_first = fb_fleetcells_text(at);
	while (*sensor < list->n && strcmp(list->sensor[*sensor].id, id) < 0)
		++*sensor;
	run->sensor = *sensor;
	return *sensor < list->n && !strcmp(list->sensor[*sensor].id, id) ? 0 : -ENOENT;
}

static int take_beats(struct fb_fleetsensors *list, char *at)
{
	const uint32_t n = count_lines(at);
	uint32_t sensor = 0;

	list->run = calloc(n + 1, sizeof(*list->run));
	if (!list->run)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct fb_fleet_run *run = &list->run[list->n_runs];
		const int r = take_run(list, &at, &sensor, run);

		if (r == -EPROTO)
			return r;
		if (r < 0)
			continue;
		list->sensor[sensor].run = run; /* the last is the newest */
		list->sensor[sensor].n_runs++;
		list->n_runs++;
	}
	return 0;
}

/* --- what arrived of them --------------------------------------------------------------------- */

static const char *id_of(const struct fb_fleetsensors *list, const struct fb_fleet_run *run)
{
	return list->sensor[run->sensor].id;
}

/* "transform(key, ['ID/RUN',...], [MOMENT,...], none)": a moment of each run's own. */
static void add_moments(struct fb_buf *text, const struct fb_fleetsensors *list, bool end)
{
	fb_buf_adds(text, "toUInt64(transform(concat(sensor_id,'/',toString(run)),[");
	for (uint32_t i = 0; i < list->n_runs; i++) {
		fb_buf_adds(text, i ? ",'" : "'");
		fb_fleetdialect_escape(id_of(list, &list->run[i]), text);
		fb_buf_addf(text, "/%" PRIu64 "'", list->run[i].number);
	}
	fb_buf_adds(text, "],[");
	for (uint32_t i = 0; i < list->n_runs; i++)
		fb_buf_addf(text, "%s%" PRId64, i ? "," : "",
			    end ? list->run[i].settled_ms : list->run[i].first_ms);
	fb_buf_adds(text, "],toUInt64(0)))");
}

static void write_arrived(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct fb_fleetsensors *list = ctx;

	fb_buf_addf(text,
		    "SELECT sensor_id, run, sumIf(ended, ms>=%" PRId64 " AND ms<%" PRId64
		    "), sum(packets), sum(bytes), sumIf(packets, ms>=first AND ms<settled), "
		    "sumIf(bytes, ms>=first AND ms<settled) FROM (SELECT sensor_id, run, "
		    "toUInt64(%s) AS ms, ended, packets_up+packets_down AS packets, "
		    "bytes_up+bytes_down AS bytes, ",
		    list->now_ms - LATELY_MS, list->now_ms - LATELY_END,
		    fb_fleetdialect_ms(dialect));
	add_moments(text, list, false);
	fb_buf_adds(text, " AS first, ");
	add_moments(text, list, true);
	fb_buf_addf(text, " AS settled FROM %s.flows WHERE ", dialect->database);
	fb_fleetdialect_bound(dialect, ">=", list->since_ms, text);
	fb_buf_adds(text, ") GROUP BY sensor_id, run ORDER BY sensor_id, run FORMAT TabSeparated");
}

static struct fb_fleet_run *find_run(const struct fb_fleetsensors *list, uint32_t *at,
				     const char *id, uint64_t number)
{
	for (; *at < list->n_runs; ++*at) {
		struct fb_fleet_run *run = &list->run[*at];
		const int order = strcmp(id_of(list, run), id);

		if (order == 0 && run->number == number)
			return run;
		if (order > 0 || (order == 0 && run->number > number))
			return NULL;
	}
	return NULL;
}

static int take_arrived(struct fb_fleetsensors *list, char *at)
{
	uint32_t next = 0;

	while (*at) {
		const char *id = fb_fleetcells_text(&at);
		struct fb_fleet_run *run;
		uint64_t in[6];

		if (!fb_fleetcells_numbers(&at, 6, in))
			return -EPROTO;
		run = find_run(list, &next, id, in[0]);
		if (!run)
			continue;
		run->arrived = (struct fb_fleet_sums){in[4], in[5]};
		list->sensor[run->sensor].moved.packets += in[2];
		list->sensor[run->sensor].moved.bytes += in[3];
		if (list->sensor[run->sensor].run == run)
			list->sensor[run->sensor].flows_per_s =
				(double)in[1] * 1000 / (LATELY_MS - LATELY_END);
	}
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void make_rates(struct fb_fleet_sensor *sensor)
{
	const struct fb_fleet_run *run = sensor->run;
	const struct fb_fleet_sums *from;
	int64_t ms;

	if (!run)
		return;
	from = run->earlier_ms ? &run->flow_earlier : &run->flow_first;
	ms = run->last_ms - (run->earlier_ms ? run->earlier_ms : run->first_ms);
	if (ms <= 0)
		return;
	sensor->rate_bps = (run->flow.bytes - from->bytes) * 8000 / (uint64_t)ms;
	sensor->pps = (run->flow.packets - from->packets) * 1000 / (uint64_t)ms;
}

static int by_name(const void *a_, const void *b_, void *ctx)
{
	const struct fb_fleet_sensor *a = a_, *b = b_;
	const int order = strcmp(a->name, b->name);

	(void)ctx;
	return order ? order : strcmp(a->id, b->id);
}

static void finish(struct fb_fleetsensors *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		make_rates(&list->sensor[i]);
		fb_fleetstate_of(list, &list->sensor[i]);
	}
	fb_sort(list->sensor, list->n, sizeof(*list->sensor), by_name,
		NULL); /* runs' numbers are over */
}

static int read_all(struct fb_fleetquery *query, struct fb_fleetsensors *list)
{
	int r = fb_fleetquery_ask(query, write_heard, list);

	if (r < 0)
		return r;
	list->text[0] = query->said;
	query->said = (struct fb_buf)FB_BUF_INIT;
	r = take_heard(list, list->text[0].data);
	if (r == 0)
		r = fb_fleetquery_ask(query, write_beats, list);
	if (r < 0)
		return r;
	list->text[1] = query->said;
	query->said = (struct fb_buf)FB_BUF_INIT;
	r = take_beats(list, list->text[1].data);
	if (r < 0 || !list->n_runs)
		return r;
	r = fb_fleetquery_ask(query, write_arrived, list);
	return r < 0 ? r : take_arrived(list, query->said.data);
}

int fb_fleetsensors_read(struct fb_fleetquery *query, int64_t now_ms, int64_t since_ms,
			 struct fb_fleetsensors **ret_list)
{
	struct fb_fleetsensors *list = calloc(1, sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	list->now_ms = now_ms;
	list->since_ms = since_ms;
	r = read_all(query, list);
	if (r < 0) {
		fb_fleetsensors_free(list);
		return r;
	}
	finish(list);
	*ret_list = list;
	return 0;
}

void fb_fleetsensors_free(struct fb_fleetsensors *list)
{
	if (!list)
		return;
	free(list->sensor);
	free(list->run);
	fb_buf_fini(&list->text[0]);
	fb_buf_fini(&list->text[1]);
	free(list);
}
