/* SPDX-License-Identifier: BSD-2-Clause */
/* The three forms of a list of flows. */
#include "cli/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/csv.h"

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

static void begin_grid(struct fb_listing *listing)
{
	fb_columns_join_ports(&listing->columns);
	for (unsigned int i = 0; i < listing->columns.n; i++) {
		const struct fb_column *column = &listing->columns.column[i];
		const struct fb_field *field = column->field;

		if (column->with_port)
			fb_grid_column(&listing->grid, field->label, false, 15);
		else if (!column->hidden)
			fb_grid_column(&listing->grid, field->label, field->right,
				       field->right ? 0 : 8);
	}
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

	if (listing->kind == FB_LISTING_GRID)
		r = fb_grid_print(&listing->grid, stdout, fb_text_width(stdout),
				  fb_text_colours(stdout));
	if (listing->kind == FB_LISTING_VALUES && !listing->shown)
		print_names(&listing->columns);
	return fflush(stdout) ? -EIO : r;
}

void fb_listing_fini(struct fb_listing *listing)
{
	fb_grid_fini(&listing->grid);
}
