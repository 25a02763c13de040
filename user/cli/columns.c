/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns: names to fields, and JSON values to cells by the type of the field. */
#include "cli/columns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "util/fmt.h"

#define FIELDS_MAX 128

/* What people write for the fields that they want most. */
static const struct {
	const char *alias, *names;
} aliases[] = {
	{"src", "src.ip,src.port"}, {"dst", "dst.ip,dst.port"},	 {"sport", "src.port"},
	{"dport", "dst.port"},	    {"host", "dst.host"},	 {"name", "dst.host"},
	{"sni", "tls.sni"},	    {"up", "bytes.up"},		 {"down", "bytes.down"},
	{"rate", "rate_bps"},	    {"duration", "duration_ms"}, {"app", "service"},
	{"mark", "conntrack.mark"}, {"zone", "conntrack.zone"},
};

static uint32_t find_field(const struct fb_doc *doc, const char *name)
{
	uint32_t items = fb_doc_get(doc, 0, "items");
	char text[32];

	for (uint32_t i = fb_doc_first(doc, items); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, items, i))
		if (!strcmp(fb_doc_str(doc, fb_doc_get(doc, i, "name"), text, sizeof(text)), name))
			return i;
	return FB_DOC_NONE;
}

static enum fb_column_kind kind_of(const char *type, const char *unit)
{
	if (!strcmp(type, "bytes"))
		return FB_COLUMN_BYTES;
	if (!strcmp(type, "rate"))
		return FB_COLUMN_RATE;
	if (!strcmp(type, "packets") || !strcmp(type, "int"))
		return FB_COLUMN_COUNT;
	if (!strcmp(type, "duration"))
		return strcmp(unit, "s") ? FB_COLUMN_MS : FB_COLUMN_SECONDS;
	return FB_COLUMN_TEXT;
}

static int add(struct fb_columns *columns, const struct fb_doc *doc, const char *name);

static int add_alias(struct fb_columns *columns, const struct fb_doc *doc, const char *names)
{
	char copy[64], *rest = copy, *name;
	int r = 0;

	snprintf(copy, sizeof(copy), "%s", names);
	while (!r && (name = strsep(&rest, ",")))
		r = add(columns, doc, name);
	return r;
}

static int unknown(struct fb_columns *columns, const struct fb_doc *doc, const char *name)
{
	static char names[FIELDS_MAX][32];
	const char *words[FIELDS_MAX + 1];
	uint32_t items = fb_doc_get(doc, 0, "items");
	unsigned int n = 0;
	const char *near;

	for (uint32_t i = fb_doc_first(doc, items); i != FB_DOC_NONE && n < FIELDS_MAX;
	     i = fb_doc_next(doc, items, i)) {
		fb_doc_str(doc, fb_doc_get(doc, i, "name"), names[n], sizeof(names[n]));
		words[n] = names[n];
		n++;
	}
	words[n] = NULL;
	near = fb_opts_nearest(name, words);
	snprintf(columns->why, sizeof(columns->why),
		 near ? "unknown field \"%.40s\", did you mean %s?"
		      : "unknown field \"%.40s\", \"flowbpf fields\" lists all%s",
		 name, near ? near : "");
	return -EINVAL;
}

static int add(struct fb_columns *columns, const struct fb_doc *doc, const char *name)
{
	struct fb_column *column = &columns->column[columns->n];
	uint32_t field = find_field(doc, name);
	char type[16], unit[16];

	for (size_t i = 0; field == FB_DOC_NONE && i < sizeof(aliases) / sizeof(*aliases); i++)
		if (!strcmp(aliases[i].alias, name))
			return add_alias(columns, doc, aliases[i].names);
	if (field == FB_DOC_NONE)
		return unknown(columns, doc, name);
	if (columns->n == FB_TABLE_COLUMNS) {
		snprintf(columns->why, sizeof(columns->why), "%d fields at most", FB_TABLE_COLUMNS);
		return -EINVAL;
	}
	*column = (struct fb_column){0};
	fb_doc_str(doc, fb_doc_get(doc, field, "name"), column->name, sizeof(column->name));
	fb_doc_str(doc, fb_doc_get(doc, field, "label"), column->label, sizeof(column->label));
	fb_doc_str(doc, fb_doc_get(doc, field, "type"), type, sizeof(type));
	fb_doc_str(doc, fb_doc_get(doc, field, "unit"), unit, sizeof(unit));
	column->kind = kind_of(type, unit);
	column->right = column->kind != FB_COLUMN_TEXT || !strcmp(type, "port");
	columns->n++;
	return 0;
}

int fb_columns_init(struct fb_columns *columns, struct fb_http *http, const char *names)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_doc_ struct fb_doc doc = {0};
	char copy[512], *rest = copy, *name;
	int r = fb_http_get(http, "/api/v1/fields", &body);

	*columns = (struct fb_columns){0};
	if (!r && fb_doc_init(&doc, body.data, body.len)) {
		r = -EPROTO;
		snprintf(http->why, sizeof(http->why), "%s does not answer like flowbpf",
			 http->socket);
	}
	if (r) {
		snprintf(columns->why, sizeof(columns->why), "%.190s", http->why);
		return r;
	}
	if ((size_t)snprintf(copy, sizeof(copy), "%s", names) >= sizeof(copy)) {
		snprintf(columns->why, sizeof(columns->why), "the list of fields is too long");
		return -EINVAL;
	}
	while (!r && (name = strsep(&rest, ",")))
		r = add(columns, &doc, name);
	return r;
}

void fb_columns_join_ports(struct fb_columns *columns)
{
	for (unsigned int i = 0; i + 1 < columns->n; i++) {
		struct fb_column *ip = &columns->column[i], *port = ip + 1;

		if ((strcmp(ip->name, "src.ip") || strcmp(port->name, "src.port")) &&
		    (strcmp(ip->name, "dst.ip") || strcmp(port->name, "dst.port")))
			continue;
		ip->with_port = true;
		port->hidden = true;
	}
}

static void add_number(enum fb_column_kind kind, uint64_t value, struct fb_buf *cell)
{
	char text[FB_FMT_STRLEN];

	switch (kind) {
	case FB_COLUMN_BYTES:
		fb_buf_adds(cell, fb_fmt_bytes(value, text));
		break;
	case FB_COLUMN_RATE:
		fb_buf_adds(cell, fb_fmt_rate(value, text));
		break;
	case FB_COLUMN_MS:
		fb_buf_adds(cell, fb_fmt_duration(value, text));
		break;
	case FB_COLUMN_SECONDS:
		fb_buf_adds(cell, fb_fmt_duration(value * 1000, text));
		break;
	case FB_COLUMN_COUNT:
	case FB_COLUMN_TEXT:
		fb_buf_adds(cell, fb_fmt_count(value, text));
		break;
	}
}

static void add_value(enum fb_column_kind kind, const struct fb_doc *doc, uint32_t value,
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
			add_number(kind, sum, cell);
	} else if (!exact && kind != FB_COLUMN_TEXT && fb_doc_type(doc, value) == FB_DOC_NUMBER) {
		add_number(kind, fb_doc_u64(doc, value), cell);
	} else {
		fb_doc_text(doc, value, cell);
	}
}

void fb_columns_cell(const struct fb_columns *columns, unsigned int i, const struct fb_doc *doc,
		     uint32_t flow, bool exact, struct fb_buf *cell)
{
	const struct fb_column *column = &columns->column[i];
	uint32_t value = fb_doc_get(doc, flow, column->name);
	uint32_t port;
	bool six;

	if (!column->with_port || exact) {
		add_value(column->kind, doc, value, exact, cell);
		return;
	}
	port = fb_doc_get(doc, flow, column[1].name);
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
