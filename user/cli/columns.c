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

static void add_value(const struct fb_field *field, const struct fb_doc *doc, uint32_t value,
		      bool exact, struct fb_buf *cell)
{
	uint32_t reason = fb_doc_get(doc, value, "reason");

	if (fb_doc_type(doc, value) == FB_DOC_ARRAY) {
		for (uint32_t i = fb_doc_first(doc, value); i != FB_DOC_NONE;
		     i = fb_doc_next(doc, value, i)) {
			if (i != fb_doc_first(doc, value))
				fb_buf_addc(cell, ',');
			fb_doc_text(doc, i, cell);
		}
	} else if (fb_doc_type(doc, value) == FB_DOC_OBJECT && reason != FB_DOC_NONE) {
		fb_doc_text(doc, reason, cell); /* closed */
	} else if (fb_doc_type(doc, value) == FB_DOC_OBJECT) {
		/* a total: both directions of bytes, packets, rate */
		uint64_t sum = fb_doc_u64(doc, fb_doc_get(doc, value, "up")) +
			       fb_doc_u64(doc, fb_doc_get(doc, value, "down"));

		if (exact)
			fb_buf_addu(cell, sum);
		else
			add_number(field, sum, cell);
	} else if (!exact && is_formatted(field) && fb_doc_type(doc, value) == FB_DOC_NUMBER) {
		add_number(field, fb_doc_u64(doc, value), cell);
	} else {
		fb_doc_text(doc, value, cell);
	}
}

void fb_columns_cell(const struct fb_columns *columns, unsigned int i, const struct fb_doc *doc,
		     uint32_t flow, bool exact, struct fb_buf *cell)
{
	const struct fb_column *column = &columns->column[i];
	uint32_t value = fb_doc_get(doc, flow, column->field->name);
	uint32_t port;
	bool six;

	if (!column->with_port || exact) {
		add_value(column->field, doc, value, exact, cell);
		return;
	}
	port = fb_doc_get(doc, flow, column[1].field->name);
	six = fb_doc_u64(doc, fb_doc_get(doc, flow, "family")) == 6;
	if (fb_doc_is_null(doc, port)) {
		fb_doc_text(doc, value, cell);
		return;
	}
	fb_buf_adds(cell, six ? "[" : "");
	fb_doc_text(doc, value, cell);
	fb_buf_adds(cell, six ? "]:" : ":");
	fb_doc_text(doc, port, cell);
}
