/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns: names to fields, and JSON values to cells by the type of the field. */
#include "cli/columns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"

/* An end is its address and its port. */
static const struct {
	const char *name, *first, *second;
} ends[] = {
	{"src", "src.ip", "src.port"},
	{"dst", "dst.ip", "dst.port"},
};

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
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (!strcmp(ends[i].name, name))
			return add(columns, ends[i].first) ? -EINVAL : add(columns, ends[i].second);
	return add(columns, name);
}

int fb_columns_init(struct fb_columns *columns, const char *names)
{
	char copy[512], *rest = copy, *name;
	int r = 0;

	*columns = (struct fb_columns){0};
	if ((size_t)snprintf(copy, sizeof(copy), "%s", names) >= sizeof(copy)) {
		snprintf(columns->why, sizeof(columns->why), "the list of fields is too long");
		return -EINVAL;
	}
	while (!r && (name = strsep(&rest, ",")))
		r = add_name(columns, name);
	return r;
}

void fb_columns_join_ports(struct fb_columns *columns)
{
	for (unsigned int i = 0; i + 1 < columns->n; i++) {
		struct fb_column *ip = &columns->column[i], *port = ip + 1;

		for (size_t end = 0; end < sizeof(ends) / sizeof(*ends); end++)
			if (!strcmp(ip->field->name, ends[end].first) &&
			    !strcmp(port->field->name, ends[end].second))
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

static void add_list(const struct fb_jsontree *list, struct fb_buf *cell)
{
	const struct fb_jsontree *item;

	for (item = fb_jsontree_first(list); item; item = fb_jsontree_next(item)) {
		if (item != fb_jsontree_first(list))
			fb_buf_addc(cell, ',');
		fb_jsontree_text(item, cell);
	}
}

static void add_value(const struct fb_field *field, const struct fb_jsontree *value, bool exact,
		      struct fb_buf *cell)
{
	enum fb_jsontree_type type = fb_jsontree_type(value);
	const struct fb_jsontree *reason = fb_jsontree_get(value, "reason");

	if (type == FB_JSONTREE_ARRAY) {
		add_list(value, cell);
	} else if (reason) {
		fb_jsontree_text(reason, cell); /* closed */
	} else if (type == FB_JSONTREE_OBJECT) {
		/* a total: both directions of bytes, packets, rate */
		uint64_t sum = fb_jsontree_u64(fb_jsontree_get(value, "up")) +
			       fb_jsontree_u64(fb_jsontree_get(value, "down"));

		if (exact)
			fb_buf_addu(cell, sum);
		else
			add_number(field, sum, cell);
	} else if (!exact && is_formatted(field) && type == FB_JSONTREE_NUMBER) {
		add_number(field, fb_jsontree_u64(value), cell);
	} else {
		fb_jsontree_text(value, cell);
	}
}

void fb_columns_cell(const struct fb_columns *columns, unsigned int i,
		     const struct fb_jsontree *flow, bool exact, struct fb_buf *cell)
{
	const struct fb_column *column = &columns->column[i];
	const struct fb_jsontree *value = fb_jsontree_get(flow, column->field->name), *port;
	bool six;

	if (!column->with_port || exact) {
		add_value(column->field, value, exact, cell);
		return;
	}
	port = fb_jsontree_get(flow, column[1].field->name);
	six = fb_jsontree_u64(fb_jsontree_get(flow, "family")) == 6;
	if (fb_jsontree_is_null(port)) {
		fb_jsontree_text(value, cell);
		return;
	}
	fb_buf_adds(cell, six ? "[" : "");
	fb_jsontree_text(value, cell);
	fb_buf_adds(cell, six ? "]:" : ":");
	fb_jsontree_text(port, cell);
}
