/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf flows: the daemon's flows as a table, as JSON lines or as CSV. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/listing.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/fmt.h"

#define PAGE	    1000
#define TABLE_LIMIT 100
#define NO_LIMIT    UINT32_MAX
#define WATCH_S	    2
#define AROUND	    3 /* lines of a table beside its rows, and the cursor's */

struct flows_opts {
	const char *socket, *filter, *sort, *fields, *scope;
	uint32_t limit;
	bool json, csv, closed, all, watch;
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
	{.name = "watch",
	 .letter = 'w',
	 .type = FB_OPT_FLAG,
	 .offset = AT(watch),
	 .help = "the table again every two seconds, until Ctrl-C"},
	{0},
};

struct query {
	const struct flows_opts *opts;
	struct fb_daemon daemon;
	struct fb_listing *listing;
	uint64_t matched;
	char next[256]; /* cursor of the next page */
};

/* Of whole objects none is named. */
static void add_fields(struct fb_buf *target, const struct fb_listing *listing)
{
	const struct fb_field *fields[FB_COLUMNS_FIELDS];
	unsigned int n = listing->kind == FB_LISTING_LINES
				 ? 0
				 : fb_columns_fields(&listing->columns, fields);

	for (unsigned int i = 0; i < n; i++)
		fb_buf_addf(target, "%s%s", i ? "," : "&fields=", fields[i]->name);
}

static int get_page(struct query *query, uint32_t limit, struct fb_jsontree **ret_page)
{
	const struct flows_opts *opts = query->opts;
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;

	fb_buf_addf(&target, "/api/v1/flows?limit=%u", limit);
	fb_daemon_param(&target, "sort", opts->sort);
	fb_daemon_param(&target, "filter", opts->filter);
	fb_daemon_param(&target, "scope", opts->scope);
	fb_daemon_param(&target, "live", opts->all ? "both" : opts->closed ? "closed" : "live");
	add_fields(&target, query->listing);
	fb_daemon_param(&target, "cursor", *query->next ? query->next : NULL);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return -ENOMEM;
	return fb_daemon_get(&query->daemon, target.data, &body, ret_page);
}

/* All pages, up to the limit. */
static int walk(struct query *query, uint64_t limit)
{
	struct fb_listing *listing = query->listing;

	do {
		_cleanup_jsontree_ struct fb_jsontree *page = NULL;
		const struct fb_jsontree *flow;
		uint64_t left = limit - listing->shown;
		int r = get_page(query, left < PAGE ? (uint32_t)left : PAGE, &page);

		if (r)
			return r;
		flow = fb_jsontree_first(fb_jsontree_get(page, "items"));
		for (; flow; flow = fb_jsontree_next(flow))
			fb_listing_add(listing, flow);
		query->matched = fb_jsontree_u64(fb_jsontree_get(page, "page.matched"));
		snprintf(query->next, sizeof(query->next), "%s",
			 fb_jsontree_str(fb_jsontree_get(page, "page.next")));
	} while (*query->next && listing->shown < limit);
	return fb_listing_end(listing);
}

/* Beside the rows, so that a pipe gets rows only. */
static void print_sum(uint64_t shown, uint64_t matched)
{
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN];

	if (shown < matched)
		fprintf(stderr, "%s of %s flows; --limit 0 shows all\n", fb_fmt_count(shown, a),
			fb_fmt_count(matched, b));
	else
		fprintf(stderr, "%s flow%s\n", fb_fmt_count(shown, a), shown == 1 ? "" : "s");
}

static int check(const struct flows_opts *opts)
{
	if (opts->json && opts->csv)
		return fb_fail(FB_EXIT_USAGE, "flows prints --json or --csv, not both");
	if (opts->closed && opts->all)
		return fb_fail(FB_EXIT_USAGE, "flows takes --closed or --all, not both");
	if (opts->watch && (opts->json || opts->csv))
		return fb_fail(FB_EXIT_USAGE, "--watch shows a table, not --json or --csv");
	if (opts->json && opts->fields)
		return fb_fail(FB_EXIT_USAGE,
			       "--fields chooses columns; --json prints whole flow objects");
	return FB_EXIT_DONE;
}

/* A narrow terminal gets fewer columns, rather than all of them cut. */
static const char *table_fields(void)
{
	unsigned int width = fb_text_width(stdout);

	return width && width < FB_LISTING_NARROW_COLUMNS ? FB_LISTING_NARROW : FB_LISTING_TABLE;
}

/* A table that is watched has a screen's rows. */
static uint64_t limit_of(const struct flows_opts *opts, enum fb_listing_kind kind)
{
	const unsigned int height = fb_text_height(stdout);

	if (opts->limit != NO_LIMIT)
		return opts->limit ? opts->limit : UINT64_MAX;
	if (kind != FB_LISTING_GRID)
		return UINT64_MAX;
	return opts->watch && height ? height - AROUND : TABLE_LIMIT;
}

/* The list as it is now; status for main. */
static int show(const struct flows_opts *opts)
{
	struct query query = {.opts = opts, .daemon = {.socket = opts->socket}};
	_cleanup_listing_ struct fb_listing listing = {0};
	const char *fields = opts->fields;
	int r;

	listing.kind = opts->json  ? FB_LISTING_LINES
		       : opts->csv ? FB_LISTING_VALUES
				   : FB_LISTING_GRID;
	listing.clear = opts->watch;
	query.listing = &listing;
	if (!fields)
		fields = opts->csv ? FB_LISTING_CSV : table_fields();
	if (fb_listing_begin(&listing, fields))
		return fb_fail(FB_EXIT_USAGE, "%s", listing.columns.why);
	r = walk(&query, limit_of(opts, listing.kind));
	if (r)
		return fb_fail(query.daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       *query.daemon.why.text ? query.daemon.why.text
			       : r == -EIO	      ? "cannot write the output"
						      : strerror(-r));
	if (listing.kind == FB_LISTING_GRID)
		print_sum(listing.shown, query.matched);
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct flows_opts *opts = opts_;
	int r = check(opts);

	(void)args;
	(void)n;
	if (r)
		return r;
	while ((r = show(opts)) == FB_EXIT_DONE && opts->watch)
		sleep(WATCH_S);
	return r;
}

const struct fb_verb fb_cmd_flows = {
	.name = "flows",
	.args = "",
	.summary = "List flows as table, JSON lines or CSV; filter and sort",
	.about = "  flowbpf flows --filter 'ip = 192.168.1.0/24 and not proto = udp' --sort -up\n"
		 "  flowbpf flows --filter 'sni:youtube.com' --fields src,dst.host,up,down\n"
		 "  flowbpf flows --watch\n"
		 "  flowbpf flows --closed --csv > ended.csv\n",
	.opts = options,
	.opts_size = sizeof(struct flows_opts),
	.defaults = &defaults,
	.run = run,
};
