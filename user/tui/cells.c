/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tui/itemlist.h"
#include "util/fmt.h"

#define SPARK_MOST 20
#define LIST_MOST  8

void fb_cells_rate(struct fb_buf *buf, double bits, struct fb_cells_how how)
{
	char text[FB_FMT_STRLEN];

	if (how.bytes && bits >= 8)
		fb_buf_addf(buf, "%s/s", fb_fmt_bytes((uint64_t)(bits / 8), text));
	else
		fb_buf_adds(buf, fb_fmt_rate((uint64_t)bits, text));
}

void fb_cells_spark(struct fb_buf *buf, const double *values, size_t n, size_t most)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	const size_t from = n > most ? n - most : 0;
	double highest = 0;

	for (size_t i = from; i < n; i++)
		highest = values[i] > highest ? values[i] : highest;
	for (size_t i = from; i < n; i++) {
		double share = highest > 0 && values[i] > 0 ? values[i] / highest : 0;

		fb_buf_adds(buf, bars[(unsigned int)(share * 7.0 + 0.5)]);
	}
}

static void add_recent(struct fb_buf *cell, const struct fb_jsontree *list)
{
	const struct fb_jsontree *one = fb_jsontree_first(list);
	double values[120];
	size_t n = 0;

	for (; one && n < 120; one = fb_jsontree_next(one)) {
		const double value = fb_jsontree_number(one);

		values[n++] = isnan(value) ? 0 : value;
	}
	fb_cells_spark(cell, values, n, SPARK_MOST);
}

static void add_list(struct fb_buf *cell, const struct fb_jsontree *list)
{
	const struct fb_jsontree *one = fb_jsontree_first(list);

	for (unsigned int i = 0; one && i < LIST_MOST; one = fb_jsontree_next(one), i++) {
		fb_buf_adds(cell, i ? ", " : "");
		fb_jsontree_text(one, cell);
	}
}

static void add_end(struct fb_buf *cell, const struct fb_jsontree *item,
		    const struct fb_view_column *column)
{
	const char *address = fb_jsontree_str(fb_itemlist_value(item, column->path));
	const struct fb_jsontree *port = fb_itemlist_value(item, column->beside);
	const bool bracket = !fb_jsontree_is_null(port) && strchr(address, ':');

	fb_buf_addf(cell, "%s%s%s", bracket ? "[" : "", address, bracket ? "]" : "");
	if (fb_jsontree_type(port) == FB_JSONTREE_NUMBER)
		fb_buf_addf(cell, ":%llu", (unsigned long long)fb_jsontree_u64(port));
}

/* The time of day here. */
static void add_clock(struct fb_buf *cell, const struct fb_jsontree *value)
{
	char text[16];
	int64_t ms;
	uint64_t span;
	time_t seconds;
	struct tm local;

	if (fb_fmt_parse_time(fb_jsontree_str(value), &ms, &span))
		return;
	seconds = (time_t)(ms / 1000);
	if (localtime_r(&seconds, &local) && strftime(text, sizeof(text), "%H:%M:%S", &local))
		fb_buf_adds(cell, text);
}

static void add_link(struct fb_buf *cell, const struct fb_jsontree *item)
{
	const bool up = fb_jsontree_is_true(fb_jsontree_get(item, "up"));
	const bool carrier = fb_jsontree_is_true(fb_jsontree_get(item, "carrier"));

	fb_buf_adds(cell, carrier ? "up" : up ? "no carrier" : "down");
}

static void add_number(struct fb_buf *cell, const struct fb_jsontree *value, enum fb_cell_kind kind,
		       struct fb_cells_how how)
{
	const uint64_t number = fb_jsontree_u64(value);
	char text[FB_FMT_STRLEN];

	switch (kind) {
	case FB_CELL_BYTES_UP:
	case FB_CELL_BYTES_DOWN:
		fb_buf_adds(cell, fb_fmt_bytes(number, text));
		break;
	case FB_CELL_RATE_UP:
	case FB_CELL_RATE_DOWN:
		fb_cells_rate(cell, fb_jsontree_number(value), how);
		break;
	case FB_CELL_DURATION:
		fb_buf_adds(cell, fb_fmt_duration(number, text));
		break;
	case FB_CELL_MS:
		fb_buf_addf(cell, "%.1f ms", fb_jsontree_number(value));
		break;
	case FB_CELL_SHARE:
		fb_buf_addf(cell, "%.1f %%", fb_jsontree_number(value) * 100);
		break;
	default:
		fb_buf_adds(cell, fb_fmt_count(number, text));
	}
}

static bool is_number(enum fb_cell_kind kind)
{
	return (kind >= FB_CELL_COUNT && kind <= FB_CELL_SHARE) || kind == FB_CELL_RISK;
}

static void add_text(struct fb_buf *cell, const struct fb_view_column *column,
		     const struct fb_jsontree *item, const struct fb_jsontree *value)
{
	switch (column->kind) {
	case FB_CELL_END:
		add_end(cell, item, column);
		break;
	case FB_CELL_LIST:
		add_list(cell, value);
		break;
	case FB_CELL_CLOCK:
		add_clock(cell, value);
		break;
	case FB_CELL_LINK:
		add_link(cell, item);
		break;
	case FB_CELL_SPARK:
		add_recent(cell, value);
		break;
	default:
		fb_jsontree_text(value, cell);
	}
}

/* --- styles ----------------------------------------------------------------------------------- */

/* Ended flows, closed incidents and resolved alerts stand back. */
static bool is_over(const struct fb_jsontree *item)
{
	const char *state = fb_jsontree_str(fb_jsontree_member(item, "state"));

	return fb_jsontree_type(fb_jsontree_member(item, "closed")) == FB_JSONTREE_STRING ||
	       !strcmp(state, "closed") || !strcmp(state, "resolved");
}

static enum fb_text_style style_of_severity(const char *word)
{
	return !strcmp(word, "high") || !strcmp(word, "critical")    ? FB_TEXT_BAD
	       : !strcmp(word, "medium") || !strcmp(word, "warning") ? FB_TEXT_WARN
								     : FB_TEXT_PLAIN;
}

#define RISK_MEDIUM 25
#define RISK_HIGH   50

static enum fb_text_style style_of_risk(double risk)
{
	return risk >= RISK_HIGH ? FB_TEXT_BAD : risk >= RISK_MEDIUM ? FB_TEXT_WARN : FB_TEXT_PLAIN;
}

static enum fb_text_style style_of(const struct fb_view_column *column,
				   const struct fb_jsontree *value)
{
	switch (column->kind) {
	case FB_CELL_NAME:
	case FB_CELL_KEY:
		return FB_TEXT_BOLD;
	case FB_CELL_DIM:
	case FB_CELL_CLOCK:
		return FB_TEXT_DIM;
	case FB_CELL_RATE_UP:
	case FB_CELL_RATE_DOWN:
		if (!(fb_jsontree_number(value) > 0))
			return FB_TEXT_DIM;
		return column->kind == FB_CELL_RATE_UP ? FB_TEXT_UP : FB_TEXT_DOWN;
	case FB_CELL_SEVERITY:
		return style_of_severity(fb_jsontree_str(value));
	case FB_CELL_RISK:
		return style_of_risk(fb_jsontree_number(value));
	case FB_CELL_LINK:
		return fb_jsontree_is_true(value) ? FB_TEXT_PLAIN : FB_TEXT_WARN;
	default:
		return FB_TEXT_PLAIN;
	}
}

/* --- the table -------------------------------------------------------------------------------- */

void fb_cells_begin(struct fb_grid *grid, const struct fb_view_face *face)
{
	for (unsigned int i = 0; i < face->n_columns; i++) {
		const struct fb_view_column *column = &face->columns[i];

		fb_grid_column(grid, i || !face->title ? column->title : face->title,
			       is_number(column->kind), column->least);
		grid->columns[i].wish = column->wish;
		grid->columns[i].rank = column->rank;
		grid->columns[i].ends = column->kind == FB_CELL_END;
	}
}

static void add_cell(struct fb_grid *grid, const struct fb_view_column *column,
		     const struct fb_jsontree *item, struct fb_cells_how how)
{
	const struct fb_jsontree *value = fb_itemlist_value(item, column->path);
	enum fb_text_style style = is_over(item) ? FB_TEXT_DIM : style_of(column, value);
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;

	if (is_number(column->kind) && fb_jsontree_type(value) != FB_JSONTREE_NUMBER)
		fb_buf_adds(&cell, "-");
	else if (is_number(column->kind))
		add_number(&cell, value, column->kind, how);
	else
		add_text(&cell, column, item, value);
	if (!cell.len && column->kind == FB_CELL_KEY) {
		fb_buf_adds(&cell, "not known");
		style = FB_TEXT_DIM;
	}
	fb_grid_cell(grid, style, cell.data ? cell.data : "", cell.len);
}

void fb_cells_add(struct fb_grid *grid, const struct fb_view_face *face,
		  const struct fb_jsontree *item, struct fb_cells_how how)
{
	for (unsigned int i = 0; i < face->n_columns; i++)
		add_cell(grid, &face->columns[i], item, how);
}
