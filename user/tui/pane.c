/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/pane.h"

#include <stdio.h>
#include <string.h>

#include "cli/columns.h"
#include "flow/fields.h"

#define DEPTH_MOST 4
#define LIST_MOST  16

void fb_pane_begin(struct fb_grid *grid)
{
	fb_grid_column(grid, "", false, 0);
	fb_grid_column(grid, "", false, 0);
	grid->no_header = true;
}

static void add_line(struct fb_grid *grid, const char *label, const struct fb_buf *value)
{
	fb_grid_cells(grid, FB_TEXT_DIM, label);
	fb_grid_cell(grid, FB_TEXT_PLAIN, value->data ? value->data : "", value->len);
}

static void add_title(struct fb_grid *grid, const char *title)
{
	fb_grid_cells(grid, FB_TEXT_BOLD, title);
	fb_grid_cells(grid, FB_TEXT_PLAIN, "");
}

static void add_list(const struct fb_jsontree *list, struct fb_buf *value)
{
	const struct fb_jsontree *one = fb_jsontree_first(list);

	for (unsigned int i = 0; one && i < LIST_MOST; one = fb_jsontree_next(one), i++) {
		fb_buf_adds(value, i ? ", " : "");
		fb_jsontree_text(one, value);
	}
}

/* --- a flow ----------------------------------------------------------------------------------- */

static void add_field(struct fb_grid *grid, const struct fb_field *field,
		      const struct fb_jsontree *flow, bool *titled)
{
	const char *path = field->path ? field->path : field->name;
	const struct fb_jsontree *value = fb_jsontree_get(flow, path);
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	if (fb_jsontree_type(value) == FB_JSONTREE_ARRAY)
		add_list(value, &text);
	else
		fb_columns_value(field, value, false, &text);
	if (!text.len)
		return;
	if (field->decimals && field->unit)
		fb_buf_addf(&text, " %s", field->unit);
	if (!*titled)
		add_title(grid, fb_section_name(field->section));
	*titled = true;
	add_line(grid, field->label, &text);
}

void fb_pane_add_flow(struct fb_grid *grid, const struct fb_jsontree *flow)
{
	for (unsigned int section = 0; section < FB_SECTION_COUNT; section++) {
		bool titled = false;

		for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
			if (fb_fields[i].section == section)
				add_field(grid, &fb_fields[i], flow, &titled);
	}
}

/* --- all else --------------------------------------------------------------------------------- */

static bool is_branch(const struct fb_jsontree *value)
{
	return fb_jsontree_type(value) == FB_JSONTREE_OBJECT;
}

static void add_members(struct fb_grid *grid, const char *path, const struct fb_jsontree *item,
			unsigned int depth)
{
	const struct fb_jsontree *member = fb_jsontree_first(item);

	for (; member && depth < DEPTH_MOST; member = fb_jsontree_next(member)) {
		_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
		char label[128];

		snprintf(label, sizeof(label), "%s%s%s", path, *path ? "." : "",
			 fb_jsontree_key(member));
		if (is_branch(member)) {
			add_members(grid, label, member, depth + 1);
			continue;
		}
		if (fb_jsontree_type(member) == FB_JSONTREE_ARRAY)
			add_list(member, &text);
		else
			fb_jsontree_text(member, &text);
		if (text.len)
			add_line(grid, label, &text);
	}
}

void fb_pane_add_item(struct fb_grid *grid, const struct fb_jsontree *item)
{
	add_members(grid, "", item, 0);
}
