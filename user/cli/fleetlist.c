/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/fleetlist.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"
#include "cli/verb.h"
#include "fleet/fleetsensors.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/fmt.h"

#define BUDGET_MS 30000
#define WEEK_MS	  (7 * 86400000ull)

static const struct {
	const char *word;
	enum fb_text_style style;
} states[] = {
	[FB_FLEET_SILENT] = {"silent", FB_TEXT_BAD},
	[FB_FLEET_LOSING] = {"losing", FB_TEXT_BAD},
	[FB_FLEET_LATE] = {"late", FB_TEXT_WARN},
	[FB_FLEET_OK] = {"ok", FB_TEXT_OK},
};

static const struct fb_grid_column columns[] = {
	{.title = "SENSOR"},
	{.title = "SITE"},
	{.title = "STATE"},
	{.title = "HEARD", .right = true},
	{.title = "LAG", .right = true, .rank = 3},
	{.title = "SPOOL", .right = true, .rank = 4},
	{.title = "RATE", .right = true},
	{.title = "FLOWS/S", .right = true, .rank = 2},
	{.title = "BYTES", .right = true, .rank = 1},
	{.title = "VERSION", .rank = 5},
	{.title = "WHY", .least = 12},
};

static void add_word(struct fb_grid *grid, const char *word)
{
	fb_grid_cells(grid, *word ? FB_TEXT_PLAIN : FB_TEXT_DIM, *word ? word : "-");
}

static void add_time(struct fb_grid *grid, int64_t ms)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(grid, FB_TEXT_PLAIN, fb_fmt_duration(ms > 0 ? (uint64_t)ms : 0, text));
}

static void add_row(struct fb_grid *grid, const struct fb_fleetsensors *list,
		    const struct fb_fleet_sensor *sensor)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(grid, FB_TEXT_BOLD, sensor->name);
	add_word(grid, sensor->site);
	fb_grid_cells(grid, states[sensor->state].style, states[sensor->state].word);
	add_time(grid, list->now_ms - sensor->heard_ms);
	if (sensor->run) {
		add_time(grid, (int64_t)sensor->run->lag_ms);
		fb_grid_cells(grid, FB_TEXT_PLAIN, fb_fmt_bytes(sensor->run->spool_bytes, text));
	} else {
		add_word(grid, "");
		add_word(grid, "");
	}
	fb_grid_cells(grid, FB_TEXT_PLAIN, fb_fmt_rate(sensor->rate_bps, text));
	fb_grid_cellf(grid, FB_TEXT_PLAIN, "%.1f", sensor->flows_per_s);
	fb_grid_cells(grid, FB_TEXT_PLAIN, fb_fmt_bytes(sensor->moved.bytes, text));
	add_word(grid, sensor->version);
	fb_grid_cells(grid, FB_TEXT_PLAIN, sensor->reason ? sensor->why : "");
}

static int print_table(const struct fb_fleetsensors *list)
{
	_cleanup_grid_ struct fb_grid grid = {.n_columns = 0};

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		grid.columns[grid.n_columns++] = columns[i];
	for (uint32_t i = 0; i < list->n; i++)
		add_row(&grid, list, &list->sensor[i]);
	if (list->left_out)
		fprintf(stderr, "flowbpf: %" PRIu32 " more sensors are not listed\n",
			list->left_out);
	return fb_grid_print(&grid, stdout, fb_text_width(stdout), fb_text_colours(stdout));
}

static int print_json(const struct fb_fleetsensors *list)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_json json;
	int r;

	fb_json_init(&json, &text);
	r = fb_fleetsensors_write(&json, list, "site");
	return r < 0 ? r : fb_text_print_json(text.data, text.len);
}

int fb_fleetlist_print(struct fb_clickhouse *clickhouse, const char *since, bool json)
{
	struct fb_fleetquery query = {.clickhouse = clickhouse,
				      .deadline_ms = fb_monotonic_ms() + BUDGET_MS};
	const int64_t now_ms = fb_wall_ms();
	struct fb_fleetsensors *list = NULL;
	uint64_t ms;
	int r;

	if (fb_fmt_parse_duration(since, 1000, WEEK_MS, &ms) < 0)
		return fb_fail(FB_EXIT_USAGE, "--since takes a time such as 30m, a week at most");
	r = fb_fleetsensors_read(&query, now_ms, now_ms - (int64_t)ms, &list);
	if (r == 0)
		r = json ? print_json(list) : print_table(list);
	fb_fleetsensors_free(list);
	fb_fleetquery_fini(&query);
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s",
			       *query.why.text ? query.why.text : strerror(-r));
	return FB_EXIT_DONE;
}
