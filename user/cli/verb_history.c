/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf history: flows of the past, or groups of them; history erase: one person's traces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/flowlist.h"
#include "cli/history_erase.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/cleanup.h"
#include "util/fmt.h"

#define GROUPS	    50 /* unless it is said */
#define MOST_GROUPS 1000

struct history_opts {
	const char *socket, *since, *until, *filter, *group_by, *sort, *fields;
	uint32_t limit;
	const char *device, *ip, *mac, *reason; /* of erase */
	bool json, csv, once, yes, dry_run;
};

static const struct history_opts defaults = {
	.socket = FB_DEFAULT_SOCKET, .since = "-1h", .limit = FB_FLOWLIST_NO_LIMIT};

#define AT(member) offsetof(struct history_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct history_opts),
	{.name = "since",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(since),
	 .help = "what was written since: 2h, 3d, 2026-11-21T01:20:00Z (1h)"},
	{.name = "until",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(until),
	 .help = "... and until (now)"},
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(filter),
	 .help = "only flows that match, for example 'dst.host ~ example and up > 1MB'"},
	{.name = "group-by",
	 .letter = 'g',
	 .arg = "FIELD",
	 .type = FB_OPT_TEXT,
	 .offset = AT(group_by),
	 .help = "what each value of a field moved, or of two: src.ip,dst.host"},
	{.name = "sort",
	 .letter = 's',
	 .arg = "FIELD",
	 .type = FB_OPT_TEXT,
	 .offset = AT(sort),
	 .help = "order; a dash in front: largest first (the newest; of groups -bytes)"},
	{.name = "limit",
	 .letter = 'n',
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(limit),
	 .least = 0,
	 .most = 100000,
	 .help = "so many at most, 0: all (100 in a table, else all; 50 groups)"},
	{.name = "fields",
	 .arg = "LIST",
	 .type = FB_OPT_TEXT,
	 .offset = AT(fields),
	 .help = "columns, separated by commas; \"flowbpf fields\" lists them"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "the API's flow objects, one a line; of groups its answer"},
	{.name = "csv", .type = FB_OPT_FLAG, .offset = AT(csv), .help = "CSV with exact values"},
	{.name = "device",
	 .arg = "NAME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(device),
	 .help = "erase: whose label or name it is, with all of its addresses"},
	{.name = "ip",
	 .arg = "ADDR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(ip),
	 .help = "erase: who has it"},
	{.name = "mac",
	 .arg = "MAC",
	 .type = FB_OPT_TEXT,
	 .offset = AT(mac),
	 .help = "erase: that device, with all of its addresses"},
	{.name = "dry-run",
	 .type = FB_OPT_FLAG,
	 .offset = AT(dry_run),
	 .help = "erase: say how many, and do nothing"},
	{.name = "yes",
	 .letter = 'y',
	 .type = FB_OPT_FLAG,
	 .offset = AT(yes),
	 .help = "erase: do not ask, as scripts need it"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = AT(reason),
	 .help = "erase: why, for the record, without who it is: at most 200 bytes"},
	{.name = "once",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct history_opts, once),
	 .help = "of a hub: a connection that several sensors saw once"},
	{0},
};

static int make_params(const struct history_opts *opts, const struct fb_searchbar *bar,
		       struct fb_buf *params)
{
	fb_buf_adds(params, "?source=history");
	fb_daemon_param(params, "since", opts->since);
	fb_daemon_param(params, "until", opts->until);
	fb_daemon_param(params, "filter", opts->filter);
	fb_daemon_param(params, "sort", opts->sort);
	fb_daemon_param(params, "group_by", opts->group_by);
	fb_daemon_param(params, "once", opts->once ? "true" : NULL);
	fb_daemon_param(params, "search", *bar->name ? bar->name : NULL);
	fb_buf_addc(params, '\0');
	return fb_buf_error(params);
}

/* --- groups ---------------------------------------------------------------------------------- */

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	const uint64_t up = fb_items_number(item, "bytes.up");
	const uint64_t down = fb_items_number(item, "bytes.down");
	char text[FB_FMT_STRLEN];

	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "key"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "label"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_count(fb_items_number(item, "flows"), text));
	fb_grid_cells(table, FB_TEXT_UP, fb_fmt_bytes(up, text));
	fb_grid_cells(table, FB_TEXT_DOWN, fb_fmt_bytes(down, text));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_bytes(up + down, text));
	fb_items_add_number(table, fb_items_number(item, "hosts"));
	fb_items_add_list(table, fb_jsontree_get(item, "services"), fb_jsontree_str);
}

static const struct fb_items_column columns[] = {
	{"KEY", false, 12, 0}, {"NAME", false, 8, 3},	  {"FLOWS", true, 0, 0},
	{"UP", true, 0, 1},    {"DOWN", true, 0, 1},	  {"BYTES", true, 0, 0},
	{"PEERS", true, 0, 4}, {"SERVICES", false, 8, 5},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int print_groups(const struct history_opts *opts, const char *params,
			struct fb_searchbar *bar)
{
	struct fb_daemon daemon = {.socket = opts->socket, .patience_s = FB_FLOWLIST_PAST_S};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const uint32_t limit = opts->limit == FB_FLOWLIST_NO_LIMIT ? GROUPS : opts->limit;
	char text[FB_FMT_STRLEN];
	uint64_t all;
	int r;

	fb_buf_addf(&target, "/api/v1/flows%s&limit=%u", params,
		    limit && limit < MOST_GROUPS ? limit : MOST_GROUPS);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	r = fb_daemon_get(&daemon, target.data, &body, &answer);
	fb_searchbar_end(bar);
	if (r)
		return fb_flowlist_fail(&daemon, r);
	r = fb_items_print(&items, answer, &body, opts->json);
	all = fb_items_number(answer, "page.matched");
	if (r == FB_EXIT_DONE && !opts->json)
		fprintf(stderr, "%s group%s\n", fb_fmt_count(all, text), all == 1 ? "" : "s");
	return r;
}

static int list(const struct history_opts *opts)
{
	_cleanup_buf_ struct fb_buf params = FB_BUF_INIT;
	struct fb_searchbar bar = {.started = false};
	struct fb_flowlist list = {
		.socket = opts->socket,
		.fields = opts->fields ? opts->fields
			  : opts->csv  ? NULL
				       : FB_LISTING_PAST,
		.kind = opts->json  ? FB_LISTING_LINES
			: opts->csv ? FB_LISTING_VALUES
				    : FB_LISTING_GRID,
		.limit = opts->limit,
		.bar = &bar,
	};
	int r = -ENOMEM;

	if (opts->device || opts->ip || opts->mac || opts->yes || opts->dry_run || opts->reason)
		return fb_fail(FB_EXIT_USAGE,
			       "--device, --ip, --mac, --dry-run, --yes and --reason "
			       "are of history erase");
	if (opts->json && opts->csv)
		return fb_fail(FB_EXIT_USAGE, "history prints --json or --csv, not both");
	if (opts->json && opts->fields)
		return fb_fail(FB_EXIT_USAGE,
			       "--fields chooses columns; --json prints whole flow objects");
	if (opts->group_by && (opts->csv || opts->fields))
		return fb_fail(FB_EXIT_USAGE, "groups are a table, or the API's answer by --json");
	/* what is printed as it comes would meet the bar on a terminal */
	if (opts->group_by || list.kind == FB_LISTING_GRID || !isatty(STDOUT_FILENO))
		fb_searchbar_begin(&bar, opts->socket);
	if (make_params(opts, &bar, &params) == 0) {
		list.params = params.data;
		r = opts->group_by ? print_groups(opts, params.data, &bar)
				   : fb_flowlist_print(&list);
	}
	fb_searchbar_end(&bar);
	return r < 0 ? fb_fail(FB_EXIT_FAILED, "out of memory") : r;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct history_opts *opts = opts_;

	if (n && strcmp(args[0], "erase") != 0)
		return fb_fail(FB_EXIT_USAGE, "history takes no argument but erase, not \"%.40s\"",
			       args[0]);
	return n ? fb_history_erase(&(struct fb_history_erase){
			   .socket = opts->socket,
			   .device = opts->device,
			   .ip = opts->ip,
			   .mac = opts->mac,
			   .reason = opts->reason,
			   .yes = opts->yes,
			   .dry_run = opts->dry_run,
			   .json = opts->json,
		   })
		 : list(opts);
}

const struct fb_verb fb_cmd_history = {
	.name = "history",
	.args = "[erase]",
	.summary = "List flows of the past, or what groups of them moved; erase one's traces",
	.max_args = 1,
	.about =
		"  flowbpf history --since 2h --filter 'dst.country = CN'\n"
		"  flowbpf history --since 1d --group-by src.ip --sort -bytes\n"
		"  flowbpf history --since 2026-11-21T01:00:00Z --until 2026-11-21T02:00:00Z --csv\n"
		"  flowbpf flows --at -30m\n"
		"  flowbpf history erase --device annas-phone\n",
	.opts = options,
	.opts_size = sizeof(struct history_opts),
	.defaults = &defaults,
	.run = run,
};
