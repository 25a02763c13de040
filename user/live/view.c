/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoding a view's tick; see the header. In the hub's thread. */
#include "live/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/groups.h"
#include "api/list_json.h"
#include "live/viewstate.h"
#include "query/query.h"
#include "util/cleanup.h"
#include "flow/value.h"

static void add_flow(struct fb_view *view, const struct fb_flow_at *at)
{
	struct fb_view_rows *rows = &view->state->now;
	size_t from = rows->text.len;
	struct fb_value value;
	struct fb_json json;

	fb_buf_addf(&rows->text, "%016llx", (unsigned long long)at->flow->id);
	fb_view_rows_add(rows, from, at->flow->id);
	for (unsigned int k = 0; k < view->spec.n_columns; k++) {
		from = rows->text.len;
		fb_json_init(&json, &rows->text);
		fb_field_get(view->spec.columns.fields[k], at, &value);
		fb_value_write_json(&json, view->spec.columns.fields[k], &value);
		fb_view_rows_cell(rows, k, from);
	}
}

static void add_group(struct fb_view *view, const struct fb_result *result,
		      const struct fb_group *group)
{
	struct fb_view_rows *rows = &view->state->now;
	_cleanup_buf_ struct fb_buf key = FB_BUF_INIT;
	size_t from = rows->text.len;
	struct fb_json json;

	fb_groups_key(&key, &view->spec.query, group);
	fb_json_escape(&rows->text, key.data ? key.data : "", key.len);
	fb_view_rows_add(rows, from, 0);
	for (unsigned int k = 0; k < view->spec.n_columns; k++) {
		from = rows->text.len;
		fb_json_init(&json, &rows->text);
		fb_groups_cell(&json, view->spec.columns.groups[k], &view->spec.query, result,
			       group);
		fb_view_rows_cell(rows, k, from);
	}
}

/* What a row was before: it is no more in the snapshot, or among the groups, but still held. */
static void add_again(struct fb_view *view, const struct fb_view_rows *held, uint32_t row)
{
	struct fb_view_rows *rows = &view->state->now;
	const struct fb_view_cell *id = &held->rows[row].id;
	size_t from = rows->text.len;

	fb_buf_add(&rows->text, held->text.data + id->offset, id->len);
	fb_view_rows_add(rows, from, held->rows[row].number);
	for (unsigned int k = 0; k < rows->columns; k++) {
		const struct fb_view_cell *cell = &held->cells[(size_t)row * rows->columns + k];

		from = rows->text.len;
		fb_buf_add(&rows->text, held->text.data + cell->offset, cell->len);
		fb_view_rows_cell(rows, k, from);
	}
}

static const struct fb_group *find_group(const struct fb_view *view, const struct fb_result *result,
					 const struct fb_view_rows *held, uint32_t row)
{
	const struct fb_view_cell *id = &held->rows[row].id;

	for (uint32_t i = 0; i < result->n; i++) {
		_cleanup_buf_ struct fb_buf key = FB_BUF_INIT, text = FB_BUF_INIT;

		fb_groups_key(&key, &view->spec.query, &result->groups[i]);
		fb_json_escape(&text, key.data ? key.data : "", key.len);
		if (text.len == id->len &&
		    (!id->len || !memcmp(text.data, held->text.data + id->offset, id->len)))
			return &result->groups[i];
	}
	return NULL;
}

/* The rows that `held` has, with their values of now. */
static void add_held(struct fb_view *view, const struct fb_result *result,
		     const struct fb_view_rows *held)
{
	for (uint32_t i = 0; i < held->n; i++) {
		const struct fb_group *group = NULL;
		struct fb_flow_at at;

		if (view->spec.query.group_by)
			group = find_group(view, result, held, i);
		if (group)
			add_group(view, result, group);
		else if (!view->spec.query.group_by &&
			 fb_snapshot_find(result->snapshot, held->rows[i].number, &at))
			add_flow(view, &at);
		else
			add_again(view, held, i);
	}
}

static void add_rows(struct fb_view *view, const struct fb_result *result)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < result->n; i++) {
		if (view->spec.query.group_by) {
			add_group(view, result, &result->groups[i]);
			continue;
		}
		fb_snapshot_at(result->snapshot, result->rows[i], &at);
		add_flow(view, &at);
	}
}

/* How the order would be by now: rows that are new, and rows in another place. */
static void write_stats(const struct fb_view *view, const struct fb_result *result,
			struct fb_buf *out)
{
	const struct fb_view_rows *rows = &view->state->now;
	uint32_t fresh = 0, moved = 0;
	struct fb_flow_at at;

	for (uint32_t i = 0; i < result->n && !view->spec.query.group_by; i++) {
		uint32_t k = 0;

		fb_snapshot_at(result->snapshot, result->rows[i], &at);
		while (k < rows->n && rows->rows[k].number != at.flow->id)
			k++;
		fresh += k == rows->n;
		moved += k < rows->n && k != i;
	}
	fb_buf_addf(out, ",\"stats\":{\"new\":%u,\"moved\":%u}", fresh, moved);
}

static void write_head(const struct fb_view *view, const struct fb_result *result, bool reset,
		       struct fb_buf *out)
{
	struct fb_json json;

	fb_buf_addf(out, "\"reset\":%s,\"total\":%llu,\"matched\":%llu,\"off\":%u,\"totals\":",
		    reset ? "true" : "false", (unsigned long long)result->total,
		    (unsigned long long)(view->spec.query.group_by ? result->n_groups
								   : result->matched),
		    view->spec.query.offset);
	fb_json_init(&json, out);
	fb_write_totals(&json, &result->totals);
	if (view->hold)
		write_stats(view, result, out);
}

/* The rows to keep: those of the view that was held, at first, then our own. */
static const struct fb_view_rows *held_rows(const struct fb_view *view)
{
	const struct fb_view *from = view->held_from;

	if (!view->hold)
		return NULL;
	if (view->tick)
		return &view->state->before;
	if (!from || !from->tick || from->spec.n_columns != view->spec.n_columns ||
	    from->which != view->which || memcmp(from->key, view->key, view->which) != 0 ||
	    from->spec.query.offset != view->spec.query.offset)
		return NULL;
	return &from->state->now;
}

static uint32_t room_for(const struct fb_result *result, const struct fb_view_rows *held)
{
	return held && held->n > result->n ? held->n : result->n;
}

static int write_chunks(struct fb_view *view, const struct fb_result *result, bool full,
			struct fb_chunk **ret_delta, struct fb_chunk **ret_full)
{
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;

	*ret_delta = *ret_full = NULL;
	if (view->tick) {
		write_head(view, result, false, &out);
		fb_view_state_write_changes(view->state, !view->hold, &out);
		fb_buf_adds(&out, "}\n\n");
		*ret_delta = fb_chunk_new(&out);
		if (!*ret_delta)
			return -ENOMEM;
	}
	if (full) {
		write_head(view, result, true, &out);
		fb_view_state_write_all(view->state, &out);
		fb_buf_adds(&out, "}\n\n");
		*ret_full = fb_chunk_new(&out);
		if (!*ret_full) {
			fb_chunk_put(*ret_delta);
			return -ENOMEM;
		}
	}
	return 0;
}

int fb_view_encode(struct fb_view *view, const struct fb_result *result, bool full,
		   struct fb_chunk **ret_delta, struct fb_chunk **ret_full)
{
	const struct fb_view_rows *held;
	int r;

	held = view->tick && view->hold ? &view->state->now : held_rows(view);
	r = fb_view_state_turn(view->state, room_for(result, held), view->spec.n_columns);
	if (r)
		return r;
	held = held_rows(view);
	if (held)
		add_held(view, result, held);
	else
		add_rows(view, result);
	r = fb_buf_error(&view->state->now.text);
	if (!r)
		r = write_chunks(view, result, full, ret_delta, ret_full);
	if (r)
		fb_view_state_turn_back(view->state);
	return r;
}
