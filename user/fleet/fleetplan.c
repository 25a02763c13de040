/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetplan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "fleet/fleetcells.h"
#include "util/cleanup.h"

#define HOUR_S	      3600ll
#define HOURS_PER_DAY 24

/* --- what there is ---------------------------------------------------------------------------- */

/* Whole hours that lie in a period. */
static struct fb_period hours_of(const struct fb_period *period)
{
	return (struct fb_period){(period->since + HOUR_S - 1) / HOUR_S, period->until / HOUR_S};
}

/* In one period at least, and in none of them in part. */
static bool is_inside(const struct fb_fleetplan *plan, int64_t hour)
{
	const int64_t begin = hour * HOUR_S, end = begin + HOUR_S;
	bool inside = false;

	for (unsigned int i = 0; i < plan->n_periods; i++) {
		const struct fb_period *period = &plan->period[i];

		if (end <= period->since || begin >= period->until)
			continue;
		if (begin < period->since || end > period->until)
			return false;
		inside = true;
	}
	return inside;
}

/* Days that whole hours of the periods lie in: "(date BETWEEN ... OR ...)". */
static void add_days(const struct fb_fleetplan *plan, struct fb_buf *text)
{
	for (unsigned int i = 0; i < plan->n_periods; i++) {
		const struct fb_period hours = hours_of(&plan->period[i]);

		fb_buf_addf(text, "%sdate BETWEEN toDate(%" PRId64 ") AND toDate(%" PRId64 ")",
			    i ? " OR " : "(", hours.since / HOURS_PER_DAY,
			    hours.until / HOURS_PER_DAY);
	}
	fb_buf_adds(text, ")");
}

static void write_exists(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	(void)ctx;
	fb_buf_addf(text,
		    "SELECT count() FROM system.tables WHERE database = '%s' AND name = 'sums' "
		    "FORMAT TabSeparated",
		    dialect->database);
}

/* Of each hour, shard and generation the rows that its sums are of. */
static void write_sums(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct fb_fleetplan *plan = ctx;

	fb_buf_addf(text,
		    "SELECT hour, max(n), argMax(generation, n) FROM (SELECT toUInt32(intDiv(time, "
		    "%u)) AS hour, shard, generation, sum(rows) AS n FROM %s.sums WHERE by = %u "
		    "AND step = %u AND ",
		    FB_FLEETROLLUP_HOUR, dialect->database, plan->by, plan->step);
	add_days(plan, text);
	fb_buf_adds(text, " GROUP BY hour, shard, generation) GROUP BY hour, shard ORDER BY hour "
			  "FORMAT TabSeparated");
}

static void write_days(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct fb_fleetplan *plan = ctx;

	fb_buf_addf(text, "SELECT toUInt32(toUInt16(date)), count() FROM %s.flows WHERE ",
		    dialect->database);
	add_days(plan, text);
	fb_buf_adds(text, " GROUP BY date ORDER BY date FORMAT TabSeparated");
}

/* --- which of it ------------------------------------------------------------------------------ */

struct look {
	struct fb_fleetplan *plan;
	struct fb_buf days; /* by commas, that have rows which are in no sums */
};

static void write_hours(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	const struct look *look = ctx;

	fb_buf_addf(text,
		    "SELECT toUInt32(intDiv(%s, 3600000)) AS hour, count() FROM %s.flows WHERE "
		    "toUInt16(date) IN (%.*s) AND ",
		    fb_fleetdialect_ms(dialect), dialect->database, (int)look->days.len,
		    look->days.data);
	add_days(look->plan, text);
	fb_buf_adds(text, " GROUP BY hour ORDER BY hour FORMAT TabSeparated");
}

static int add_hour(struct fb_fleetplan *plan, int64_t hour)
{
	/* grows at each power of two */
	if (!(plan->n & (plan->n - 1))) {
		struct fb_fleetplan_hour *more =
			realloc(plan->hour, (plan->n ? 2 * plan->n : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		plan->hour = more;
	}
	plan->hour[plan->n++] = (struct fb_fleetplan_hour){hour, 0, is_inside(plan, hour)};
	return 0;
}

/* Shards of an hour follow each other. */
static int take_sums(struct fb_fleetplan *plan, struct fb_buf *generations, char *at)
{
	uint64_t in[3];

	while (*at) {
		if (!fb_fleetcells_numbers(&at, 3, in))
			return -EPROTO;
		if ((!plan->n || plan->hour[plan->n - 1].hour != (int64_t)in[0]) &&
		    add_hour(plan, (int64_t)in[0]) < 0)
			return -ENOMEM;
		plan->hour[plan->n - 1].rows += in[1];
		fb_buf_add(generations, &in[0], sizeof(in[0]));
		fb_buf_add(generations, &in[2], sizeof(in[2]));
	}
	return fb_buf_error(generations);
}

/* Rows of the sums of a day; `first`: its first hour, goes behind it. */
static uint64_t rows_of_day(const struct fb_fleetplan *plan, uint32_t *first, int64_t day)
{
	uint64_t rows = 0;

	while (*first < plan->n && plan->hour[*first].hour / HOURS_PER_DAY < day)
		++*first;
	for (; *first < plan->n && plan->hour[*first].hour / HOURS_PER_DAY == day; ++*first)
		rows += plan->hour[*first].rows;
	return rows;
}

static int find_days(struct look *look, char *at)
{
	uint32_t first = 0;
	uint64_t in[2];

	while (*at) {
		if (!fb_fleetcells_numbers(&at, 2, in))
			return -EPROTO;
		if (in[1] > rows_of_day(look->plan, &first, (int64_t)in[0]))
			fb_buf_addf(&look->days, "%s%" PRIu64, look->days.len ? "," : "", in[0]);
	}
	return fb_buf_error(&look->days);
}

/* An hour with rows that its sums lack is asked of rows. */
static int uncover(struct fb_fleetplan *plan, char *at)
{
	uint32_t i = 0;
	uint64_t in[2];

	while (*at) {
		if (!fb_fleetcells_numbers(&at, 2, in))
			return -EPROTO;
		while (i < plan->n && plan->hour[i].hour < (int64_t)in[0])
			i++;
		if (i < plan->n && plan->hour[i].hour == (int64_t)in[0] &&
		    in[1] > plan->hour[i].rows)
			plan->hour[i].is_covered = false;
	}
	return 0;
}

static void keep_generations(struct fb_fleetplan *plan, const struct fb_buf *generations)
{
	const uint64_t *pair = (const void *)generations->data;
	uint32_t at = 0;

	for (size_t i = 0; i < generations->len / sizeof(*pair); i += 2) {
		while (plan->hour[at].hour < (int64_t)pair[i])
			at++;
		if (plan->hour[at].is_covered)
			fb_buf_addf(&plan->generations, "%s%" PRIu64,
				    plan->generations.len ? "," : "", pair[i + 1]);
	}
}

static int check_rows(struct fb_fleetquery *query, struct fb_fleetplan *plan)
{
	struct look look = {plan, FB_BUF_INIT};
	int r = fb_fleetquery_ask(query, write_days, plan);

	if (r == 0)
		r = find_days(&look, query->said.data);
	if (r == 0 && look.days.len)
		r = fb_fleetquery_ask(query, write_hours, &look);
	if (r == 0 && look.days.len)
		r = uncover(plan, query->said.data);
	fb_buf_fini(&look.days);
	return r;
}

static bool has_whole_hours(const struct fb_fleetplan *plan)
{
	for (unsigned int i = 0; i < plan->n_periods; i++) {
		const struct fb_period hours = hours_of(&plan->period[i]);

		if (hours.since < hours.until)
			return true;
	}
	return false;
}

int fb_fleetplan_make(struct fb_fleetquery *query, struct fb_fleetplan *plan)
{
	_cleanup_buf_ struct fb_buf generations = FB_BUF_INIT;
	int r = has_whole_hours(plan) ? fb_fleetquery_ask(query, write_exists, plan) : -ENODATA;

	if (r < 0 || *query->said.data == '0')
		return r == -ENODATA ? 0 : r;
	r = fb_fleetquery_ask(query, write_sums, plan);
	if (r == 0)
		r = take_sums(plan, &generations, query->said.data);
	if (r == 0 && plan->n)
		r = check_rows(query, plan);
	if (r < 0)
		return r;
	keep_generations(plan, &generations);
	return fb_buf_error(&plan->generations);
}

void fb_fleetplan_fini(struct fb_fleetplan *plan)
{
	free(plan->hour);
	plan->hour = NULL;
	fb_buf_fini(&plan->generations);
}

/* --- as conditions ---------------------------------------------------------------------------- */

static void add_range(const struct fb_fleetdialect *dialect, int64_t since, int64_t until,
		      unsigned int *n, struct fb_buf *text)
{
	if (since >= until)
		return;
	fb_buf_adds(text, (*n)++ ? " OR (" : "(");
	fb_fleetdialect_bound(dialect, ">=", since * 1000, text);
	fb_buf_adds(text, " AND ");
	fb_fleetdialect_bound(dialect, "<", until * 1000, text);
	fb_buf_adds(text, ")");
}

/* What of a period lies between hours that are covered. */
static void add_ranges(const struct fb_fleetplan *plan, const struct fb_period *period,
		       const struct fb_fleetdialect *dialect, unsigned int *n, struct fb_buf *text)
{
	int64_t since = period->since;

	for (uint32_t i = 0; i < plan->n; i++) {
		const int64_t begin = plan->hour[i].hour * HOUR_S;

		if (!plan->hour[i].is_covered || begin < since || begin + HOUR_S > period->until)
			continue;
		add_range(dialect, since, begin, n, text);
		since = begin + HOUR_S;
	}
	add_range(dialect, since, period->until, n, text);
}

void fb_fleetplan_rows(const struct fb_fleetplan *plan, const struct fb_fleetdialect *dialect,
		       struct fb_buf *text)
{
	unsigned int n = 0;

	fb_buf_adds(text, "(");
	for (unsigned int i = 0; i < plan->n_periods; i++)
		add_ranges(plan, &plan->period[i], dialect, &n, text);
	fb_buf_adds(text, n ? ")" : "0)");
}

bool fb_fleetplan_has_sums(const struct fb_fleetplan *plan)
{
	return plan->generations.len;
}

void fb_fleetplan_sums(const struct fb_fleetplan *plan, struct fb_buf *text)
{
	fb_buf_addf(text, "(by = %u AND step = %u AND ", plan->by, plan->step);
	add_days(plan, text);
	fb_buf_adds(text, " AND generation IN (");
	fb_buf_add(text, plan->generations.data, plan->generations.len);
	fb_buf_adds(text, "))");
}
