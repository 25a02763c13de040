/* SPDX-License-Identifier: BSD-2-Clause */
/* The table, and what lies over it; see top.h. */
#include <stdio.h>
#include <string.h>

#include "tui/cells.h"
#include "tui/keymap.h"
#include "tui/pane.h"
#include "tui/top.h"

#define CHOICES_MOST 8
#define PANE_COLUMN  56 /* lines of a pane stand in as many columns as there is room for */

/* --- the table -------------------------------------------------------------------------------- */

/* So wide at least, and never narrower than it was: a table that jumps cannot be read. */
static void widen(struct fb_top *top, const struct fb_grid *grid)
{
	const struct fb_view_face *face = fb_top_face(top);

	for (unsigned int i = 0; i < face->n_columns; i++) {
		const char *title = grid->columns[i].title;
		const unsigned int marked = fb_text_columns(title, strlen(title)) + 1;

		if (top->widths[i] < face->columns[i].usual)
			top->widths[i] = face->columns[i].usual;
		if (top->widths[i] < marked && face->columns[i].sorts)
			top->widths[i] = marked;
	}
	fb_grid_measure(grid, top->widths);
}

static void place(struct fb_top *top, struct fb_grid *grid)
{
	unsigned int widths[FB_GRID_COLUMNS], at = 0;

	memcpy(widths, top->widths, sizeof(widths));
	fb_grid_fit(grid, fb_screen_columns(), widths);
	for (unsigned int i = 0; i < grid->n_columns; i++) {
		top->titles[i] = at;
		top->shown[i] = grid->columns[i].left_out ? 0 : widths[i];
		at += grid->columns[i].left_out ? 0 : widths[i] + FB_GRID_GAP;
	}
}

static void put_in_column(const struct fb_top *top, const struct fb_grid *grid, unsigned int column,
			  unsigned int row, const struct fb_buf *text, unsigned int look)
{
	const unsigned int width = fb_text_columns(text->data, text->len),
			   room = top->shown[column];
	const unsigned int pad = grid->columns[column].right && width < room ? room - width : 0;

	fb_screen_put(row, top->titles[column] + pad, text->data, text->len, look);
}

static void draw_titles(const struct fb_top *top, const struct fb_grid *grid)
{
	bool descending;
	const unsigned int sort = fb_top_sort(top, &descending);

	fb_screen_fill(FB_TOP_FIRST_ROW - 1, 0, fb_screen_columns(), FB_SCREEN_UNDERLINE);
	for (unsigned int i = 0; i < grid->n_columns; i++) {
		_cleanup_buf_ struct fb_buf title = FB_BUF_INIT;

		if (!top->shown[i])
			continue;
		fb_buf_adds(&title, grid->columns[i].title);
		fb_buf_adds(&title, i != sort ? "" : descending ? "▼" : "▲");
		if (title.len && !fb_buf_error(&title))
			put_in_column(top, grid, i, FB_TOP_FIRST_ROW - 1, &title,
				      FB_SCREEN_UNDERLINE | FB_SCREEN_BOLD |
					      (i == sort ? FB_TEXT_DOWN : FB_TEXT_PLAIN));
	}
}

static void draw_cell(const struct fb_top *top, const struct fb_grid *grid, unsigned int row,
		      const struct fb_grid_cell *cell, unsigned int column, unsigned int over)
{
	_cleanup_buf_ struct fb_buf fits = FB_BUF_INIT;
	const unsigned int look = over ? FB_TEXT_PLAIN | over : cell->style;

	if (!top->shown[column])
		return;
	(grid->columns[column].ends ? fb_text_add_cut_end : fb_text_add_cut)(
		&fits, fb_grid_text(grid, cell), cell->len, top->shown[column]);
	if (fits.len && !fb_buf_error(&fits))
		put_in_column(top, grid, column, row, &fits, look);
}

static void draw_rows(const struct fb_top *top, const struct fb_grid *grid)
{
	const unsigned int n = grid->n_columns ? (unsigned int)grid->n_cells / grid->n_columns : 0;

	for (unsigned int i = 0; i < n; i++) {
		const bool here = top->list.top + i == top->list.cursor;
		const unsigned int over = here ? FB_SCREEN_REVERSE : 0;
		const unsigned int row = FB_TOP_FIRST_ROW + i;

		if (here)
			fb_screen_fill(row, 0, fb_screen_columns(), FB_SCREEN_REVERSE);
		for (unsigned int k = 0; k < grid->n_columns; k++)
			draw_cell(top, grid, row, &grid->cells[i * grid->n_columns + k], k, over);
	}
}

static void draw_empty(const struct fb_top *top)
{
	if (!top->list.n && top->answered)
		fb_screen_puts(FB_TOP_FIRST_ROW + 1, 2, fb_top_face(top)->empty, FB_TEXT_DIM);
	else if (!top->list.n && !*top->lost.text)
		fb_screen_puts(FB_TOP_FIRST_ROW + 1, 2, "…", FB_TEXT_DIM);
}

static void draw_table(struct fb_top *top)
{
	_cleanup_grid_ struct fb_grid grid = {0};
	const struct fb_view_face *face = fb_top_face(top);
	const unsigned int rows = fb_top_rows();

	fb_itemlist_show(&top->list, rows);
	fb_cells_begin(&grid, face);
	for (unsigned int i = top->list.top; i < top->list.n && i < top->list.top + rows; i++)
		fb_cells_add(&grid, face, top->list.items[i], (struct fb_cells_how){top->bytes});
	if (grid.error || fb_buf_error(&grid.text))
		return;
	widen(top, &grid);
	place(top, &grid);
	draw_titles(top, &grid);
	draw_rows(top, &grid);
	draw_empty(top);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

static void draw_over(unsigned int row, const char *text, unsigned int look)
{
	_cleanup_buf_ struct fb_buf inert = FB_BUF_INIT;

	fb_text_add_inert(&inert, text, strlen(text));
	fb_screen_fill(row, 0, fb_screen_columns(), FB_TEXT_PLAIN);
	if (inert.len && !fb_buf_error(&inert))
		fb_screen_put(row, 0, inert.data, inert.len, look);
}

/* Below the place in the filter that is wrong, why. */
static void draw_wrong(const struct fb_top *top)
{
	static const unsigned int begin = sizeof("filter> ") - 1;
	const size_t len = strlen(top->prompt.text);
	size_t at = top->place ? top->place - 1 : 0;

	at = at > len ? len : at;
	draw_over(4, "", FB_TEXT_PLAIN);
	if (top->place)
		fb_screen_puts(4, begin + fb_text_columns(top->prompt.text, at), "▲", FB_TEXT_BAD);
	draw_over(5, top->wrong.text, FB_TEXT_BAD);
}

static void draw_choices(const struct fb_top *top)
{
	const struct fb_jsontree *one = fb_jsontree_first(fb_jsontree_get(top->choices, "items"));
	const unsigned int first = top->choice >= CHOICES_MOST ? top->choice - CHOICES_MOST + 1 : 0;
	unsigned int row = *top->wrong.text ? 6 : 4;

	for (unsigned int i = 0; one && i < first + CHOICES_MOST;
	     one = fb_jsontree_next(one), i++) {
		char line[300];

		if (i < first)
			continue;
		snprintf(line, sizeof(line), "        %-24.60s %.200s",
			 fb_jsontree_str(fb_jsontree_get(one, "text")),
			 fb_jsontree_str(fb_jsontree_get(one, "help")));
		draw_over(row++, line, i == top->choice ? FB_SCREEN_REVERSE : FB_TEXT_PLAIN);
	}
}

/* --- panes ------------------------------------------------------------------------------------ */

static void put_line(const struct fb_grid *grid, size_t line, unsigned int row, unsigned int column,
		     unsigned int width, unsigned int label_width)
{
	const struct fb_grid_cell *cells = &grid->cells[line * grid->n_columns];
	unsigned int at = column;

	for (unsigned int i = 0; i < grid->n_columns; i++) {
		_cleanup_buf_ struct fb_buf fits = FB_BUF_INIT;
		const unsigned int room = column + width > at ? column + width - at : 0;

		fb_text_add_cut(&fits, fb_grid_text(grid, &cells[i]), cells[i].len, room);
		if (fits.len && !fb_buf_error(&fits))
			fb_screen_put(row, at, fits.data, fits.len, cells[i].style);
		at += label_width + FB_GRID_GAP;
	}
}

/* Lines as a newspaper has them: down one column, then the next. */
static void draw_pane(struct fb_grid *grid, unsigned int *first)
{
	unsigned int widths[FB_GRID_COLUMNS] = {0};
	const unsigned int rows = fb_top_rows() + 1, columns = fb_screen_columns();
	const unsigned int n = (unsigned int)(grid->n_cells / 2), full = (n + rows - 1) / rows;
	const unsigned int room = columns / PANE_COLUMN ? columns / PANE_COLUMN : 1;
	const unsigned int across = full < room ? full + !full : room, width = columns / across;
	const unsigned int most = n > rows * across ? n - rows * across : 0;

	if (grid->error || fb_buf_error(&grid->text))
		return;
	*first = *first > most ? most : *first;
	fb_grid_measure(grid, widths);
	for (unsigned int i = *first; i < n && i - *first < rows * across; i++)
		put_line(grid, i, FB_TOP_FIRST_ROW - 1 + (i - *first) % rows,
			 (i - *first) / rows * width, width - FB_GRID_GAP, widths[0]);
}

static void draw_detail(struct fb_top *top)
{
	_cleanup_grid_ struct fb_grid grid = {0};
	const struct fb_jsontree *item = fb_itemlist_at(&top->list);

	fb_pane_begin(&grid);
	if (fb_top_face(top)->of_flows)
		fb_pane_add_flow(&grid, top->detail);
	else
		fb_pane_add_item(&grid, item);
	draw_pane(&grid, &top->detail_top);
}

static void draw_help(struct fb_top *top)
{
	_cleanup_grid_ struct fb_grid grid = {0};

	fb_pane_begin(&grid);
	for (size_t i = 0; i < FB_KEYMAP_LINES; i++) {
		fb_grid_cells(&grid, FB_TEXT_BOLD, fb_keymap[i].name);
		fb_grid_cells(&grid, FB_TEXT_PLAIN, fb_keymap[i].help);
	}
	draw_pane(&grid, &top->help_top);
}

/* As much of a text as a line holds, up to a blank if there is one. */
static size_t line_of(const char *text, size_t len, unsigned int columns)
{
	size_t fits = len, blank;

	while (fb_text_columns(text, fits) > columns)
		do
			fits--;
		while (((unsigned char)text[fits] & 0xc0) == 0x80);
	if (fits == len)
		return len;
	for (blank = fits; blank && text[blank - 1] != ' '; blank--)
		;
	return blank ? blank : fits ? fits : len;
}

/* Sentences are not cut: they go on in the next line. What does not fit is not done, either. */
static void draw_act(struct fb_top *top)
{
	_cleanup_grid_ struct fb_grid grid = {0};
	const unsigned int columns = fb_screen_columns();
	unsigned int row = FB_TOP_FIRST_ROW - 1;

	fb_top_write_act(top, &grid);
	if (grid.error || fb_buf_error(&grid.text))
		return;
	for (size_t i = 0; i < grid.n_cells; i++) {
		const char *text = fb_grid_text(&grid, &grid.cells[i]);
		size_t left = grid.cells[i].len;

		while (left) {
			const size_t fits = line_of(text, left, columns);

			fb_screen_put(row++, 0, text, fits, grid.cells[i].style);
			text += fits;
			left -= fits;
		}
	}
	top->act.whole = row <= fb_screen_rows();
	if (!top->act.whole)
		draw_over(fb_screen_rows() - 1, "more than fits: make the terminal larger",
			  FB_TEXT_WARN);
}

/* --- all of it -------------------------------------------------------------------------------- */

void fb_top_draw(struct fb_top *top)
{
	fb_screen_clear();
	fb_top_draw_head(top);
	if (top->mode == FB_TOP_DETAIL)
		draw_detail(top);
	else if (top->mode == FB_TOP_HELPING)
		draw_help(top);
	else if (top->mode == FB_TOP_CONFIRMING)
		draw_act(top);
	else
		draw_table(top);
	if (*top->lost.text)
		draw_over(4, top->lost.text, FB_TEXT_BAD);
	if (top->mode == FB_TOP_TYPING && *top->wrong.text)
		draw_wrong(top);
	if (top->mode == FB_TOP_TYPING)
		draw_choices(top);
	fb_top_draw_foot(top);
	fb_screen_show();
}
