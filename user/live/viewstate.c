/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as last encoded, and what changed; see the header. */
#include "live/viewstate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define NONE UINT32_MAX

int fb_view_state_new(struct fb_view_state **ret_state)
{
	struct fb_view_state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	*ret_state = state;
	return 0;
}

static void rows_fini(struct fb_view_rows *rows)
{
	fb_buf_fini(&rows->text);
	free(rows->rows);
	free(rows->cells);
}

void fb_view_state_free(struct fb_view_state *state)
{
	if (!state)
		return;
	rows_fini(&state->now);
	rows_fini(&state->before);
	free(state);
}

static void swap(struct fb_view_state *state)
{
	struct fb_view_rows rows = state->now;

	state->now = state->before;
	state->before = rows;
}

static int make_room(struct fb_view_rows *rows, uint32_t max, unsigned int columns)
{
	if (max <= rows->max && columns == rows->columns && rows->rows)
		return 0;
	free(rows->rows);
	free(rows->cells);
	rows->rows = calloc(max + 1, sizeof(*rows->rows));
	rows->cells = calloc((size_t)max * columns + 1, sizeof(*rows->cells));
	rows->max = rows->rows && rows->cells ? max : 0;
	rows->columns = columns;
	return rows->rows && rows->cells ? 0 : -ENOMEM;
}

int fb_view_state_turn(struct fb_view_state *state, uint32_t max, unsigned int columns)
{
	swap(state);
	fb_buf_clear(&state->now.text);
	state->now.n = 0;
	if (!make_room(&state->now, max, columns))
		return 0;
	swap(state);
	return -ENOMEM;
}

void fb_view_state_turn_back(struct fb_view_state *state)
{
	swap(state);
}

void fb_view_rows_add(struct fb_view_rows *rows, size_t from, uint64_t number)
{
	rows->rows[rows->n++] = (struct fb_view_row){
		.id = {(uint32_t)from, (uint32_t)(rows->text.len - from)}, .number = number};
}

void fb_view_rows_cell(struct fb_view_rows *rows, unsigned int column, size_t from)
{
	rows->cells[(size_t)(rows->n - 1) * rows->columns + column] =
		(struct fb_view_cell){(uint32_t)from, (uint32_t)(rows->text.len - from)};
}

static bool same(const struct fb_view_rows *a, const struct fb_view_cell *x,
		 const struct fb_view_rows *b, const struct fb_view_cell *y)
{
	return x->len == y->len &&
	       (!x->len || !memcmp(a->text.data + x->offset, b->text.data + y->offset, x->len));
}

static void add_cell(struct fb_buf *out, const struct fb_view_rows *rows,
		     const struct fb_view_cell *cell)
{
	fb_buf_add(out, rows->text.data + cell->offset, cell->len);
}

static void write_ids(const struct fb_view_rows *rows, struct fb_buf *out)
{
	fb_buf_adds(out, ",\"ids\":[");
	for (uint32_t i = 0; i < rows->n; i++) {
		fb_buf_adds(out, i ? ",\"" : "\"");
		add_cell(out, rows, &rows->rows[i].id);
		fb_buf_addc(out, '"');
	}
	fb_buf_addc(out, ']');
}

static void write_row(const struct fb_view_rows *rows, uint32_t row, bool first, struct fb_buf *out)
{
	fb_buf_adds(out, first ? "\"" : ",\"");
	add_cell(out, rows, &rows->rows[row].id);
	fb_buf_adds(out, "\":[");
	for (unsigned int k = 0; k < rows->columns; k++) {
		if (k)
			fb_buf_addc(out, ',');
		add_cell(out, rows, &rows->cells[(size_t)row * rows->columns + k]);
	}
	fb_buf_addc(out, ']');
}

void fb_view_state_write_all(const struct fb_view_state *state, struct fb_buf *out)
{
	write_ids(&state->now, out);
	fb_buf_adds(out, ",\"new\":{");
	for (uint32_t i = 0; i < state->now.n; i++)
		write_row(&state->now, i, i == 0, out);
	fb_buf_addc(out, '}');
}

/* Where row `i` of now was before. Rows move little, so the search starts where it is now. */
static uint32_t find_before(const struct fb_view_state *state, uint32_t i)
{
	const struct fb_view_rows *now = &state->now, *before = &state->before;

	for (uint32_t k = 0; k < before->n; k++) {
		uint32_t at = (i + k) % before->n;

		if (now->rows[i].number == before->rows[at].number &&
		    same(now, &now->rows[i].id, before, &before->rows[at].id))
			return at;
	}
	return NONE;
}

static void write_set(const struct fb_view_state *state, uint32_t row, uint32_t was, bool *any,
		      struct fb_buf *out)
{
	const struct fb_view_rows *now = &state->now, *before = &state->before;

	for (unsigned int k = 0; k < now->columns; k++) {
		const struct fb_view_cell *cell = &now->cells[(size_t)row * now->columns + k];

		if (same(now, cell, before, &before->cells[(size_t)was * now->columns + k]))
			continue;
		fb_buf_adds(out, *any ? ",[" : ",\"set\":[[");
		fb_buf_addu(out, row);
		fb_buf_addc(out, ',');
		fb_buf_addu(out, k);
		fb_buf_addc(out, ',');
		add_cell(out, now, cell);
		fb_buf_addc(out, ']');
		*any = true;
	}
}

void fb_view_state_write_changes(const struct fb_view_state *state, bool ids, struct fb_buf *out)
{
	const struct fb_view_rows *now = &state->now;
	_cleanup_free_ uint32_t *was = calloc(now->n + 1, sizeof(*was));
	bool moved = now->n != state->before.n, any_new = false, any_set = false;

	if (!was) {
		out->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < now->n; i++) {
		was[i] = find_before(state, i);
		moved |= was[i] != i;
	}
	if (moved && ids)
		write_ids(now, out);
	for (uint32_t i = 0; i < now->n; i++) {
		if (was[i] != NONE)
			continue;
		if (!any_new)
			fb_buf_adds(out, ",\"new\":{");
		write_row(now, i, !any_new, out);
		any_new = true;
	}
	if (any_new)
		fb_buf_addc(out, '}');
	for (uint32_t i = 0; i < now->n; i++)
		if (was[i] != NONE)
			write_set(state, i, was[i], &any_set, out);
	if (any_set)
		fb_buf_addc(out, ']');
}
