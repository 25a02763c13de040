/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people see on a terminal: tables aligned by display width, colours where they are welcome,
 * and text that a stranger chose (names, states from the wire) made inert: control characters,
 * bidirectional overrides and broken UTF-8 are shown as escapes, never sent to the terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"

enum fb_text_style {
	FB_TEXT_PLAIN,
	FB_TEXT_BOLD,
	FB_TEXT_DIM,
	FB_TEXT_OK,
	FB_TEXT_WARN,
	FB_TEXT_BAD,
	FB_TEXT_UP,
	FB_TEXT_DOWN,
};

/* Colours on this stream: it is a terminal, NO_COLOR is not set and TERM is not "dumb". */
bool fb_text_colours(FILE *stream);

/* Columns and lines of the terminal behind `stream`, 0 if it is none. */
unsigned int fb_text_width(FILE *stream);
unsigned int fb_text_height(FILE *stream);

/* The escape sequence that starts a style (PLAIN ends it), "" without colours. */
const char *fb_text_style(enum fb_text_style style, bool colours);

/* Append `len` bytes of `text`, inert. */
void fb_text_add_inert(struct fb_buf *buf, const char *text, size_t len);

/* The same for JSON text, whose hostile characters become \\u escapes: an equal document. */
void fb_text_add_inert_json(struct fb_buf *buf, const char *text, size_t len);

/* The same, to stdout, with a line's end: 0, -ENOMEM or -EIO. */
int fb_text_print_json(const char *text, size_t len);

/* Columns that inert text takes on a terminal. */
unsigned int fb_text_columns(const char *text, size_t len);

/* Append at most `columns` columns of inert text; what does not fit ends with an ellipsis. */
void fb_text_add_cut(struct fb_buf *buf, const char *text, size_t len, unsigned int columns);

/* The same, but what is behind the last colon stays, and the address's own bracket: "[2001…]:443".
 */
void fb_text_add_cut_end(struct fb_buf *buf, const char *text, size_t len, unsigned int columns);

#define FB_GRID_COLUMNS 128

struct fb_grid_column {
	const char *title;
	bool right;	    /* numbers */
	unsigned int least; /* on a narrow terminal it may be cut down to this; 0: never */
	unsigned int wish;  /* others are left out before it is cut below this; 0: least */
	unsigned int rank;  /* and then left out, the highest rank first; 0: never */
	bool ends;	    /* cells are cut before their last colon: a port stays whole */
	bool left_out;
};

struct fb_grid {
	struct fb_grid_column columns[FB_GRID_COLUMNS];
	unsigned int n_columns;
	bool no_header;
	struct fb_buf text; /* of all cells, each behind its struct */
	struct fb_grid_cell *cells;
	size_t n_cells, cap_cells;
	int error;
};

struct fb_grid_cell {
	size_t at;
	uint32_t len;
	uint32_t style; /* enum fb_text_style */
};

/* Zero the struct, fill in columns, add cells row by row, print, fini. */
void fb_grid_column(struct fb_grid *table, const char *title, bool right, unsigned int least);
void fb_grid_cell(struct fb_grid *table, enum fb_text_style style, const char *text, size_t len);
void fb_grid_cells(struct fb_grid *table, enum fb_text_style style, const char *text);
void fb_grid_cellf(struct fb_grid *table, enum fb_text_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a cell holds, inert; it is valid until the next cell is added. */
const char *fb_grid_text(const struct fb_grid *table, const struct fb_grid_cell *cell);

/* Widen each of `widths` to what is in its column; then make all of them fit: columns are left out,
 * those that stay are cut. FB_GRID_GAP blanks stand between two. */
#define FB_GRID_GAP 2
void fb_grid_measure(const struct fb_grid *table, unsigned int widths[static FB_GRID_COLUMNS]);
void fb_grid_fit(struct fb_grid *table, unsigned int width,
		 unsigned int widths[static FB_GRID_COLUMNS]);

/* If `width` is not 0, rows have to fit. 0, -ENOMEM or -EIO. */
int fb_grid_print(struct fb_grid *table, FILE *to, unsigned int width, bool colours);
void fb_grid_fini(struct fb_grid *table);

#define _cleanup_grid_ __attribute__((__cleanup__(fb_grid_fini)))
