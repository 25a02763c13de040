/* SPDX-License-Identifier: BSD-2-Clause */
/* The three forms of a list of flows. */
#include "cli/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/csv.h"

#define ADDRESS_LEAST 22 /* an IPv4 address and its port; of IPv6 both ends of it */
#define NAME_LEAST    20
#define ALWAYS	      3 /* columns that are never left out */

/* A field of CSV (RFC 4180), inert, that no spreadsheet takes for a formula. */
static void print_value(const struct fb_buf *cell)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_buf_ struct fb_buf quoted = FB_BUF_INIT;

	fb_text_add_inert(&text, cell->data ? cell->data : "", cell->len);
	fb_csv_cell(&quoted, text.data ? text.data : "", text.len);
	fwrite(quoted.data, 1, quoted.len, stdout);
}

static void add_values(struct fb_listing *listing, const struct fb_jsontree *flow)
{
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;

	for (unsigned int i = 0; i < listing->columns.n; i++) {
		fb_buf_clear(&cell);
		fb_columns_cell(&listing->columns, i, flow, true, &cell);
		if (i)
			putchar(',');
		print_value(&cell);
	}
	putchar('\n');
}

void fb_listing_line(struct fb_listing *listing, const char *text, size_t len)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;

	listing->shown++;
	fb_text_add_inert_json(&line, text, len);
	fb_buf_addc(&line, '\n');
	if (!fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stdout);
}

static void add_line(struct fb_listing *listing, const struct fb_jsontree *flow)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &text);
	fb_jsontree_write(flow, &json);
	if (!fb_buf_error(&text))
		fb_listing_line(listing, text.data, text.len);
}

static enum fb_text_style style_of(const struct fb_field *field, bool ended)
{
	if (ended)
		return FB_TEXT_DIM;
	if (field->id == FB_FIELD_dst_host)
		return FB_TEXT_BOLD;
	if (field->section != FB_SECTION_TRAFFIC || field->end == FB_END_NONE)
		return FB_TEXT_PLAIN;
	return field->end == FB_END_SRC ? FB_TEXT_UP : FB_TEXT_DOWN;
}

static void add_row(struct fb_listing *listing, const struct fb_jsontree *flow)
{
	bool ended =
		!fb_jsontree_is_null(fb_jsontree_member(flow, fb_fields[FB_FIELD_closed].name));
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;

	for (unsigned int i = 0; i < listing->columns.n; i++) {
		const struct fb_column *column = &listing->columns.column[i];

		if (column->hidden)
			continue;
		fb_buf_clear(&cell);
		fb_columns_cell(&listing->columns, i, flow, false, &cell);
		fb_grid_cell(&listing->grid, style_of(column->field, ended),
			     cell.data ? cell.data : "", cell.len);
	}
}

/* Up and down of one figure go together. */
static bool is_down_of(const struct fb_column *up, const struct fb_column *down)
{
	return up->field->section == FB_SECTION_TRAFFIC && up->field->type == down->field->type &&
	       up->field->section == down->field->section && up->field->end == FB_END_SRC &&
	       down->field->end == FB_END_DST;
}

static void add_column(struct fb_grid *grid, const struct fb_column *column)
{
	const struct fb_field *field = column->field;
	const unsigned int at = grid->n_columns;
	struct fb_grid_column *own = &grid->columns[at];

	if (column->with_port)
		fb_grid_column(grid, field->label, false, ADDRESS_LEAST);
	else
		fb_grid_column(grid, field->label, field->right,
			       field->type == FB_TYPE_TEXT ? NAME_LEAST : 0);
	if (grid->n_columns == at)
		return;
	own->ends = column->with_port;
	own->rank = at >= ALWAYS ? at : 0;
	if (at > ALWAYS && is_down_of(column - 1, column))
		own[-1].rank = at;
}

static void begin_grid(struct fb_listing *listing)
{
	fb_columns_join_ports(&listing->columns);
	for (unsigned int i = 0; i < listing->columns.n; i++)
		if (!listing->columns.column[i].hidden)
			add_column(&listing->grid, &listing->columns.column[i]);
}

/* A pipe has them all. */
static void tell_left_out(const struct fb_grid *grid)
{
	const char *before = "no room for ";

	for (unsigned int i = 0; i < grid->n_columns; i++) {
		if (!grid->columns[i].left_out)
			continue;
		fprintf(stderr, "%s%s", before, grid->columns[i].title);
		before = ", ";
	}
	if (*before == ',')
		fprintf(stderr, "\n");
}

int fb_listing_begin(struct fb_listing *listing, const char *fields)
{
	int r;

	if (listing->kind == FB_LISTING_LINES)
		return 0;
	r = fb_columns_init(&listing->columns, fields);
	if (r)
		return r;
	if (listing->kind == FB_LISTING_GRID)
		begin_grid(listing);
	return 0;
}

/* Late, so that a list that fails prints nothing. */
static void print_names(const struct fb_columns *columns)
{
	for (unsigned int i = 0; i < columns->n; i++)
		printf("%s%s", i ? "," : "", columns->column[i].field->name);
	putchar('\n');
}

void fb_listing_add(struct fb_listing *listing, const struct fb_jsontree *flow)
{
	if (listing->kind == FB_LISTING_LINES) {
		add_line(listing, flow);
		return;
	}
	if (!listing->shown++ && listing->kind == FB_LISTING_VALUES)
		print_names(&listing->columns);
	if (listing->kind == FB_LISTING_GRID)
		add_row(listing, flow);
	else
		add_values(listing, flow);
}

int fb_listing_end(struct fb_listing *listing)
{
	int r = 0;

	if (listing->clear && fb_text_width(stdout))
		fputs("\033[H\033[2J", stdout);
	if (listing->kind == FB_LISTING_GRID)
		r = fb_grid_print(&listing->grid, stdout, fb_text_width(stdout),
				  fb_text_colours(stdout));
	if (listing->kind == FB_LISTING_GRID && !r)
		tell_left_out(&listing->grid);
	if (listing->kind == FB_LISTING_VALUES && !listing->shown)
		print_names(&listing->columns);
	return fflush(stdout) ? -EIO : r;
}

void fb_listing_fini(struct fb_listing *listing)
{
	fb_grid_fini(&listing->grid);
}
