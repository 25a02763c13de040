/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns: names to fields, and JSON values to cells by the type of the field. */
#include "cli/columns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"
#include "util/cleanup.h"

/* An end is its address and its port. */
static const struct {
	const char *name;
	enum fb_field_id ip, port;
} ends[] = {
	{"src", FB_FIELD_src_ip, FB_FIELD_src_port},
	{"dst", FB_FIELD_dst_ip, FB_FIELD_dst_port},
};

/* What a table looks at, whatever its columns. */
static const enum fb_field_id always[] = {FB_FIELD_family, FB_FIELD_closed};

#define N(array) (sizeof(array) / sizeof(*(array)))

static int add(struct fb_columns *columns, const char *name)
{
	const struct fb_field *field = fb_field_find(name, strlen(name));
	const char *near;

	if (!field) {
		near = fb_field_suggest(name, strlen(name));
		snprintf(columns->why, sizeof(columns->why),
			 near ? "unknown field \"%.40s\", did you mean %s?"
			      : "unknown field \"%.40s\", \"flowbpf fields\" lists all%s",
			 name, near ? near : "");
		return -EINVAL;
	}
	if (columns->n == FB_GRID_COLUMNS) {
		snprintf(columns->why, sizeof(columns->why), "%d fields at most", FB_GRID_COLUMNS);
		return -EINVAL;
	}
	columns->column[columns->n++] = (struct fb_column){.field = field};
	return 0;
}

static int add_name(struct fb_columns *columns, const char *name)
{
	for (size_t i = 0; i < N(ends); i++)
		if (!strcmp(ends[i].name, name))
			return add(columns, fb_fields[ends[i].ip].name)
				       ? -EINVAL
				       : add(columns, fb_fields[ends[i].port].name);
	return add(columns, name);
}

int fb_columns_init(struct fb_columns *columns, const char *names)
{
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;
	int r = 0;

	*columns = (struct fb_columns){0};
	if (!copy) {
		snprintf(columns->why, sizeof(columns->why), "memory is short");
		return -ENOMEM;
	}
	while (!r && (name = strsep(&rest, ",")))
		r = add_name(columns, name);
	return r;
}

void fb_columns_join_ports(struct fb_columns *columns)
{
	for (unsigned int i = 0; i + 1 < columns->n; i++) {
		struct fb_column *ip = &columns->column[i], *port = ip + 1;

		for (size_t end = 0; end < N(ends); end++)
			if (ip->field->id == ends[end].ip && port->field->id == ends[end].port)
				ip->with_port = port->hidden = true;
	}
}

static void add_number(const struct fb_field *field, uint64_t value, struct fb_buf *cell)
{
	bool seconds = field->unit && !strcmp(field->unit, "s");
	char text[FB_FMT_STRLEN];

	if (field->type == FB_TYPE_BYTES)
		fb_buf_adds(cell, fb_fmt_bytes(value, text));
	else if (field->type == FB_TYPE_RATE)
		fb_buf_adds(cell, fb_fmt_rate(value, text));
	else if (field->type == FB_TYPE_DURATION)
		fb_buf_adds(cell, fb_fmt_duration(seconds ? value * 1000 : value, text));
	else
		fb_buf_adds(cell, fb_fmt_count(value, text));
}

/* Numbers that people read better in units of their size, or in groups of digits. */
static bool is_formatted(const struct fb_field *field)
{
	return !field->decimals && (field->type == FB_TYPE_BYTES || field->type == FB_TYPE_RATE ||
				    field->type == FB_TYPE_DURATION ||
				    field->type == FB_TYPE_PACKETS || field->type == FB_TYPE_INT);
}

static bool has(const struct fb_field **fields, unsigned int n, const struct fb_field *field)
{
	for (unsigned int i = 0; i < n; i++)
		if (fields[i] == field)
			return true;
	return false;
}

unsigned int fb_columns_fields(const struct fb_columns *columns,
			       const struct fb_field *ret_fields[static FB_COLUMNS_FIELDS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < columns->n; i++)
		if (!has(ret_fields, n, columns->column[i].field))
			ret_fields[n++] = columns->column[i].field;
	for (size_t i = 0; i < N(always); i++)
		if (!has(ret_fields, n, &fb_fields[always[i]]))
			ret_fields[n++] = &fb_fields[always[i]];
	return n;
}

static const struct fb_jsontree *value_of(const struct fb_jsontree *flow,
					  const struct fb_field *field)
{
	return fb_jsontree_member(flow, field->name);
}

void fb_columns_value(const struct fb_field *field, const struct fb_jsontree *value, bool exact,
		      struct fb_buf *cell)
{
	if (!exact && field->type == FB_TYPE_SHARE && fb_jsontree_type(value) == FB_JSONTREE_NUMBER)
		fb_buf_addf(cell, "%.2f%%", fb_jsontree_number(value) * 100);
	else if (!exact && is_formatted(field) && fb_jsontree_type(value) == FB_JSONTREE_NUMBER)
		add_number(field, fb_jsontree_u64(value), cell);
	else
		fb_jsontree_text(value, cell);
}

void fb_columns_cell(const struct fb_columns *columns, unsigned int i,
		     const struct fb_jsontree *flow, bool exact, struct fb_buf *cell)
{
	const struct fb_column *column = &columns->column[i];
	const struct fb_jsontree *value = value_of(flow, column->field), *port;
	bool six;

	if (!column->with_port || exact) {
		fb_columns_value(column->field, value, exact, cell);
		return;
	}
	port = value_of(flow, column[1].field);
	six = fb_jsontree_u64(value_of(flow, &fb_fields[FB_FIELD_family])) == 6;
	if (fb_jsontree_is_null(port)) {
		fb_jsontree_text(value, cell);
		return;
	}
	fb_buf_adds(cell, six ? "[" : "");
	fb_jsontree_text(value, cell);
	fb_buf_adds(cell, six ? "]:" : ":");
	fb_jsontree_text(port, cell);
}
