/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf flows: the daemon's flows as a table, as JSON lines or as CSV. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/flowlist.h"
#include "cli/opts.h"
#include "cli/verb.h"

#define WATCH_S 2

struct flows_opts {
	const char *socket, *filter, *sort, *fields, *scope, *at;
	uint32_t limit;
	bool json, csv, closed, all, once, watch;
};

static const struct flows_opts defaults = {.socket = FB_DEFAULT_SOCKET,
					   .limit = FB_FLOWLIST_NO_LIMIT};

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
	{.name = "at",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(at),
	 .help = "those that lived at that moment of history: -2h, 2026-11-21T01:20:00Z"},
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
	{.name = "once",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct flows_opts, once),
	 .help = "of a hub: a connection that several sensors saw once"},
	{0},
};

static int check(const struct flows_opts *opts)
{
	if (opts->json && opts->csv)
		return fb_fail(FB_EXIT_USAGE, "flows prints --json or --csv, not both");
	if (opts->closed && opts->all)
		return fb_fail(FB_EXIT_USAGE, "flows takes --closed or --all, not both");
	if (opts->at && (opts->closed || opts->all || opts->watch))
		return fb_fail(FB_EXIT_USAGE, "--at lists what lived then: it takes no --closed, "
					      "--all or --watch");
	if (opts->watch && (opts->json || opts->csv))
		return fb_fail(FB_EXIT_USAGE, "--watch shows a table, not --json or --csv");
	if (opts->json && opts->fields)
		return fb_fail(FB_EXIT_USAGE,
			       "--fields chooses columns; --json prints whole flow objects");
	return FB_EXIT_DONE;
}

/* Of a moment of the past there are no rates to sort by; else the server knows what is best. */
static int make_params(const struct flows_opts *opts, struct fb_buf *params)
{
	const char *sort = opts->sort ? opts->sort : opts->at ? "-bytes" : NULL;

	fb_buf_adds(params, "?live=");
	fb_buf_adds(params, opts->all || opts->at ? "both" : opts->closed ? "closed" : "live");
	fb_daemon_param(params, "sort", sort);
	fb_daemon_param(params, "filter", opts->filter);
	fb_daemon_param(params, "scope", opts->scope);
	fb_daemon_param(params, "at", opts->at);
	fb_daemon_param(params, "once", opts->once ? "true" : NULL);
	fb_buf_addc(params, '\0');
	return fb_buf_error(params);
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct flows_opts *opts = opts_;
	_cleanup_buf_ struct fb_buf params = FB_BUF_INIT;
	struct fb_flowlist list = {
		.socket = opts->socket,
		.fields = opts->fields,
		.kind = opts->json  ? FB_LISTING_LINES
			: opts->csv ? FB_LISTING_VALUES
				    : FB_LISTING_GRID,
		.watched = opts->watch,
		.limit = opts->limit,
	};
	struct fb_searchbar none = {.started = false};
	int r = check(opts);

	list.bar = opts->at ? &none : NULL;
	(void)args;
	(void)n;
	if (r)
		return r;
	if (make_params(opts, &params))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	list.params = params.data;
	while ((r = fb_flowlist_print(&list)) == FB_EXIT_DONE && opts->watch)
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
		 "  flowbpf flows --at -30m\n"
		 "  flowbpf flows --closed --csv > ended.csv\n",
	.opts = options,
	.opts_size = sizeof(struct flows_opts),
	.defaults = &defaults,
	.run = run,
};
