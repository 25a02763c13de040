/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables: cells are collected, widths taken from the widest, and all is written at once. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

void fb_grid_column(struct fb_grid *table, const char *title, bool right, unsigned int least)
{
	struct fb_grid_column *column = &table->columns[table->n_columns];

	if (table->n_columns == FB_GRID_COLUMNS) {
		table->error = -E2BIG;
		return;
	}
	*column = (struct fb_grid_column){.title = title, .right = right, .least = least};
	table->n_columns++;
}

void fb_grid_cell(struct fb_grid *table, enum fb_text_style style, const char *text, size_t len)
{
	struct fb_grid_cell *cell;

	if (table->n_cells == table->cap_cells) {
		size_t cap = table->cap_cells ? table->cap_cells * 2 : 256;
		void *cells = reallocarray(table->cells, cap, sizeof(*table->cells));

		if (!cells) {
			table->error = -ENOMEM;
			return;
		}
		table->cells = cells;
		table->cap_cells = cap;
	}
	cell = &table->cells[table->n_cells++];
	cell->at = table->text.len;
	cell->style = style;
	fb_text_add_inert(&table->text, text, len);
	cell->len = (uint32_t)(table->text.len - cell->at);
}

void fb_grid_cells(struct fb_grid *table, enum fb_text_style style, const char *text)
{
	fb_grid_cell(table, style, text, strlen(text));
}

void fb_grid_cellf(struct fb_grid *table, enum fb_text_style style, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fb_grid_cells(table, style, text);
}

const char *fb_grid_text(const struct fb_grid *table, const struct fb_grid_cell *cell)
{
	return cell->len ? table->text.data + cell->at : "";
}

static void widen(unsigned int *width, unsigned int to)
{
	*width = to > *width ? to : *width;
}

void fb_grid_measure(const struct fb_grid *table, unsigned int widths[static FB_GRID_COLUMNS])
{
	for (unsigned int i = 0; i < table->n_columns && !table->no_header; i++)
		widen(&widths[i],
		      fb_text_columns(table->columns[i].title, strlen(table->columns[i].title)));
	for (size_t i = 0; i < table->n_cells; i++) {
		const struct fb_grid_cell *cell = &table->cells[i];

		widen(&widths[i % table->n_columns],
		      fb_text_columns(fb_grid_text(table, cell), cell->len));
	}
}

static unsigned int least_of(const struct fb_grid_column *column, unsigned int width)
{
	return column->least && column->least < width ? column->least : width;
}

static unsigned int wish_of(const struct fb_grid_column *column, unsigned int width)
{
	const unsigned int least = least_of(column, width);
	const unsigned int wish = column->wish < width ? column->wish : width;

	return wish > least ? wish : least;
}

/* What a row takes, at most, or with each column as narrow as it wishes. */
static unsigned int row_width(const struct fb_grid *table, const unsigned int *widths, bool narrow)
{
	unsigned int sum = 0, n = 0;

	for (unsigned int i = 0; i < table->n_columns; i++) {
		if (table->columns[i].left_out)
			continue;
		sum += narrow ? wish_of(&table->columns[i], widths[i]) : widths[i];
		n++;
	}
	return n ? sum + FB_GRID_GAP * (n - 1) : 0;
}

/* One column less says more than four that are cut. */
static void leave_out(struct fb_grid *table, const unsigned int *widths, unsigned int limit)
{
	while (row_width(table, widths, true) > limit) {
		unsigned int rank = 0;

		for (unsigned int i = 0; i < table->n_columns; i++)
			if (!table->columns[i].left_out && table->columns[i].rank > rank)
				rank = table->columns[i].rank;
		if (!rank)
			return;
		for (unsigned int i = 0; i < table->n_columns; i++)
			table->columns[i].left_out |= table->columns[i].rank == rank;
	}
}

/* Take from the widest column that may shrink until the row fits, or none may. */
static void shrink(const struct fb_grid *table, unsigned int *widths, unsigned int limit)
{
	for (unsigned int sum = row_width(table, widths, false); sum > limit; sum--) {
		unsigned int *widest = NULL;

		for (unsigned int i = 0; i < table->n_columns; i++)
			if (!table->columns[i].left_out &&
			    widths[i] > least_of(&table->columns[i], widths[i]) &&
			    (!widest || widths[i] > *widest))
				widest = &widths[i];
		if (!widest)
			return;
		--*widest;
	}
}

void fb_grid_fit(struct fb_grid *table, unsigned int width,
		 unsigned int widths[static FB_GRID_COLUMNS])
{
	leave_out(table, widths, width);
	shrink(table, widths, width);
}

static bool is_last(const struct fb_grid *table, unsigned int column)
{
	while (++column < table->n_columns)
		if (!table->columns[column].left_out)
			return false;
	return true;
}

static void add_padded(struct fb_buf *out, const struct fb_grid *table, unsigned int column,
		       const char *text, size_t len, unsigned int width)
{
	const struct fb_grid_column *own = &table->columns[column];
	const unsigned int columns = fb_text_columns(text, len);
	const unsigned int pad = columns < width ? width - columns : 0;
	const bool last = is_last(table, column);

	for (unsigned int i = 0; own->right && i < pad; i++)
		fb_buf_addc(out, ' ');
	(own->ends ? fb_text_add_cut_end : fb_text_add_cut)(out, text, len, width);
	for (unsigned int i = 0; !own->right && !last && i < pad; i++)
		fb_buf_addc(out, ' ');
	for (unsigned int i = 0; !last && i < FB_GRID_GAP; i++)
		fb_buf_addc(out, ' ');
}

static void add_header(const struct fb_grid *table, const unsigned int *widths, bool colours,
		       struct fb_buf *out)
{
	fb_buf_adds(out, fb_text_style(FB_TEXT_BOLD, colours));
	for (unsigned int i = 0; i < table->n_columns; i++)
		if (!table->columns[i].left_out)
			add_padded(out, table, i, table->columns[i].title,
				   strlen(table->columns[i].title), widths[i]);
	fb_buf_adds(out, fb_text_style(FB_TEXT_PLAIN, colours));
	fb_buf_addc(out, '\n');
}

static void add_cell(const struct fb_grid *table, unsigned int column,
		     const struct fb_grid_cell *cell, unsigned int width, bool colours,
		     struct fb_buf *out)
{
	if (cell->style)
		fb_buf_adds(out, fb_text_style((enum fb_text_style)cell->style, colours));
	add_padded(out, table, column, fb_grid_text(table, cell), cell->len, width);
	if (cell->style)
		fb_buf_adds(out, fb_text_style(FB_TEXT_PLAIN, colours));
	if (is_last(table, column))
		fb_buf_addc(out, '\n');
}

int fb_grid_print(struct fb_grid *table, FILE *to, unsigned int width, bool colours)
{
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
	unsigned int widths[FB_GRID_COLUMNS] = {0};

	if (table->error || fb_buf_error(&table->text))
		return table->error ? table->error : -ENOMEM;
	if (!table->n_columns)
		return 0;
	fb_grid_measure(table, widths);
	if (width)
		fb_grid_fit(table, width, widths);
	if (!table->no_header)
		add_header(table, widths, colours, &out);
	for (size_t i = 0; i < table->n_cells; i++) {
		const unsigned int column = (unsigned int)(i % table->n_columns);

		if (!table->columns[column].left_out)
			add_cell(table, column, &table->cells[i], widths[column], colours, &out);
	}
	if (fb_buf_error(&out))
		return -ENOMEM;
	return fwrite(out.data, 1, out.len, to) == out.len ? 0 : -EIO;
}

void fb_grid_fini(struct fb_grid *table)
{
	fb_buf_fini(&table->text);
	free(table->cells);
	*table = (struct fb_grid){0};
}
