/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf flows: the daemon's flows as a table, as JSON lines or as CSV. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/columns.h"
#include "cli/doc.h"
#include "cli/http.h"
#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/fmt.h"

#define PAGE	    1000
#define TABLE_LIMIT 100
#define NO_LIMIT    UINT32_MAX

#define TABLE_FIELDS                                                                               \
	"src,dst,dst.host,proto,service,state,bytes.up,bytes.down,rate_bps.up,rate_bps.down,"      \
	"duration_ms"
#define CSV_FIELDS                                                                                 \
	"id,proto,src.ip,src.port,src.host,dst.ip,dst.port,dst.host,service,state,closed,iface,"   \
	"bytes.up,bytes.down,packets.up,packets.down,duration_ms,first_seen,last_seen,nat.src,"    \
	"nat.dst"

struct flows_opts {
	const char *socket, *filter, *sort, *fields, *scope;
	uint32_t limit;
	bool json, csv, closed, all;
};

static const struct flows_opts defaults = {
	.socket = FB_DEFAULT_SOCKET, .sort = "-rate_bps", .limit = NO_LIMIT};

#define AT(member) offsetof(struct flows_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct flows_opts),
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(filter),
	 .help = "only flows that match, for example 'dst.port = 443 and up > 1MB'"},
	{.name = "sort",
	 .letter = 's',
	 .arg = "FIELD",
	 .type = FB_OPT_TEXT,
	 .offset = AT(sort),
	 .help = "order; a dash in front: largest first (-rate_bps)"},
	{.name = "limit",
	 .letter = 'n',
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(limit),
	 .least = 0,
	 .most = 10000000,
	 .help = "so many flows at most, 0: all (100 in a table, else all)"},
	{.name = "fields",
	 .arg = "LIST",
	 .type = FB_OPT_TEXT,
	 .offset = AT(fields),
	 .help = "columns, separated by commas; \"flowbpf fields\" lists them"},
	{.name = "scope",
	 .arg = "SCOPE",
	 .type = FB_OPT_CHOICE,
	 .offset = AT(scope),
	 .choices = (const char *const[]){"internal-external", "external-internal", "internal",
					  "external", "all", NULL},
	 .help = "internal-external, external-internal, internal, external or all (all)"},
	{.name = "closed",
	 .type = FB_OPT_FLAG,
	 .offset = AT(closed),
	 .help = "flows that ended, instead of live ones"},
	{.name = "all",
	 .letter = 'a',
	 .type = FB_OPT_FLAG,
	 .offset = AT(all),
	 .help = "live flows and flows that ended"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "the API's flow objects, one a line"},
	{.name = "csv", .type = FB_OPT_FLAG, .offset = AT(csv), .help = "CSV with exact values"},
	{0},
};

struct listing {
	const struct flows_opts *opts;
	struct fb_http http;
	struct fb_columns columns;
	struct fb_grid table;
	uint64_t shown, matched, total;
	char next[256]; /* cursor of the next page */
};

static void add_param(struct fb_buf *target, const char *name, const char *value)
{
	if (!value)
		return;
	fb_buf_addf(target, "&%s=", name);
	fb_http_escape(target, value);
}

static int get_page(struct listing *list, uint32_t limit, struct fb_buf *body)
{
	const struct flows_opts *opts = list->opts;
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;

	fb_buf_addf(&target, "/api/v1/flows?limit=%u", limit);
	add_param(&target, "sort", opts->sort);
	add_param(&target, "filter", opts->filter);
	add_param(&target, "scope", opts->scope);
	add_param(&target, "live", opts->all ? "both" : opts->closed ? "closed" : "live");
	add_param(&target, "cursor", *list->next ? list->next : NULL);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return -ENOMEM;
	return fb_http_get(&list->http, target.data, body);
}

/* A field of CSV (RFC 4180), inert, that no spreadsheet takes for a formula. */
static void print_csv_field(const struct fb_buf *cell)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	bool quote;

	fb_text_add_inert(&text, cell->data ? cell->data : "", cell->len);
	if (!text.len)
		return;
	quote = memchr(text.data, '"', text.len) || memchr(text.data, ',', text.len);
	if (quote)
		putchar('"');
	if (memchr("=+-@", text.data[0], 4))
		putchar('\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			putchar('"');
		putchar(text.data[i]);
	}
	if (quote)
		putchar('"');
}

static void print_csv_head(const struct fb_columns *columns)
{
	for (unsigned int i = 0; i < columns->n; i++)
		printf("%s%s", i ? "," : "", columns->column[i].field->name);
	putchar('\n');
}

static void show_csv(struct listing *list, const struct fb_doc *doc, uint32_t flow)
{
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;

	for (unsigned int i = 0; i < list->columns.n; i++) {
		fb_buf_clear(&cell);
		fb_columns_cell(&list->columns, i, doc, flow, true, &cell);
		if (i)
			putchar(',');
		print_csv_field(&cell);
	}
	putchar('\n');
}

static void show_json(struct listing *list, const struct fb_doc *doc, uint32_t flow)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	size_t len;
	const char *raw = fb_doc_raw(doc, flow, &len);

	(void)list;
	fb_text_add_inert_json(&line, raw, len);
	fb_buf_addc(&line, '\n');
	if (!fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stdout);
}

static void show_row(struct listing *list, const struct fb_doc *doc, uint32_t flow)
{
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;
	bool ended = !fb_doc_is_null(doc, fb_doc_get(doc, flow, "closed"));

	for (unsigned int i = 0; i < list->columns.n; i++) {
		const char *name = list->columns.column[i].field->name;
		enum fb_text_style style = ended		       ? FB_TEXT_DIM
					   : strstr(name, ".up")       ? FB_TEXT_UP
					   : strstr(name, ".down")     ? FB_TEXT_DOWN
					   : !strcmp(name, "dst.host") ? FB_TEXT_BOLD
								       : FB_TEXT_PLAIN;

		if (list->columns.column[i].hidden)
			continue;
		fb_buf_clear(&cell);
		fb_columns_cell(&list->columns, i, doc, flow, false, &cell);
		fb_grid_cell(&list->table, style, cell.data ? cell.data : "", cell.len);
	}
}

static void begin_table(struct listing *list)
{
	fb_columns_join_ports(&list->columns);
	for (unsigned int i = 0; i < list->columns.n; i++) {
		const struct fb_column *column = &list->columns.column[i];

		if (column->with_port)
			fb_grid_column(&list->table,
				       column->field->name[0] == 's' ? "Source" : "Destination",
				       false, 15);
		else if (!column->hidden)
			fb_grid_column(&list->table, column->field->label, column->field->right,
				       column->field->right ? 0 : 8);
	}
}

/* All pages, up to the limit, each flow through `show`. */
static int walk(struct listing *list, uint64_t limit,
		void (*show)(struct listing *list, const struct fb_doc *doc, uint32_t flow))
{
	do {
		_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
		_cleanup_doc_ struct fb_doc doc = {0};
		uint64_t left = limit - list->shown;
		uint32_t items;
		int r = get_page(list, left < PAGE ? (uint32_t)left : PAGE, &body);

		if (r)
			return r;
		if (fb_doc_init(&doc, body.data, body.len))
			return -EPROTO;
		items = fb_doc_get(&doc, 0, "items");
		for (uint32_t i = fb_doc_first(&doc, items); i != FB_DOC_NONE;
		     i = fb_doc_next(&doc, items, i)) {
			show(list, &doc, i);
			list->shown++;
		}
		list->matched = fb_doc_u64(&doc, fb_doc_get(&doc, 0, "page.matched"));
		list->total = fb_doc_u64(&doc, fb_doc_get(&doc, 0, "page.total"));
		fb_doc_str(&doc, fb_doc_get(&doc, 0, "page.next"), list->next, sizeof(list->next));
	} while (*list->next && list->shown < limit);
	return 0;
}

/* Beside the rows, so that a pipe gets rows only. */
static void print_sum(const struct listing *list)
{
	char shown[FB_FMT_STRLEN], matched[FB_FMT_STRLEN];

	if (list->shown < list->matched)
		fprintf(stderr, "%s of %s flows; --limit 0 shows all\n",
			fb_fmt_count(list->shown, shown), fb_fmt_count(list->matched, matched));
	else
		fprintf(stderr, "%s flow%s\n", fb_fmt_count(list->shown, shown),
			list->shown == 1 ? "" : "s");
}

static int print_table(struct listing *list, uint64_t limit)
{
	int r;

	begin_table(list);
	r = walk(list, limit, show_row);
	if (r)
		return r;
	r = fb_grid_print(&list->table, stdout, fb_text_width(stdout), fb_text_colours(stdout));
	fflush(stdout);
	if (!r)
		print_sum(list);
	return r;
}

static int list_flows(struct listing *list)
{
	const struct flows_opts *opts = list->opts;
	uint64_t limit = opts->limit ? opts->limit : UINT64_MAX;

	if (opts->limit == NO_LIMIT)
		limit = opts->json || opts->csv ? UINT64_MAX : TABLE_LIMIT;
	if (opts->json)
		return walk(list, limit, show_json);
	if (!opts->csv)
		return print_table(list, limit);
	print_csv_head(&list->columns);
	return walk(list, limit, show_csv);
}

static int check(const struct flows_opts *opts)
{
	if (opts->json && opts->csv)
		return fb_fail(FB_EXIT_USAGE, "flows prints --json or --csv, not both");
	if (opts->closed && opts->all)
		return fb_fail(FB_EXIT_USAGE, "flows takes --closed or --all, not both");
	if (opts->json && opts->fields)
		return fb_fail(FB_EXIT_USAGE,
			       "--fields chooses columns; --json prints whole flow objects");
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct flows_opts *opts = opts_;
	struct listing list = {.opts = opts, .http = {.socket = opts->socket}};
	int r = check(opts);

	(void)args;
	(void)n;
	if (r)
		return r;
	if (!opts->json) {
		r = fb_columns_init(&list.columns, opts->fields ? opts->fields
						   : opts->csv	? CSV_FIELDS
								: TABLE_FIELDS);
		if (r)
			return fb_fail(FB_EXIT_USAGE, "%s", list.columns.why);
	}
	r = list_flows(&list);
	fb_grid_fini(&list.table);
	if (r)
		return fb_fail(list.http.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       *list.http.why ? list.http.why : strerror(-r));
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_flows = {
	.name = "flows",
	.args = "",
	.summary = "List flows: a table, JSON lines or CSV, filtered and sorted by any field",
	.about = "  flowbpf flows --filter 'ip = 192.168.1.0/24 and not proto = udp' --sort -up\n"
		 "  flowbpf flows --filter 'sni:youtube.com' --fields src,dst.host,up,down\n"
		 "  flowbpf flows --closed --csv > ended.csv\n",
	.opts = options,
	.opts_size = sizeof(struct flows_opts),
	.defaults = &defaults,
	.run = run,
};
