/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf processes: the programs of this machine that flows belong to. */
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/fmt.h"

struct processes_opts {
	const char *socket, *filter;
	uint32_t limit;
	bool json, all;
};

static const struct processes_opts defaults = {.socket = FB_DEFAULT_SOCKET, .limit = 100};

#define AT(member) offsetof(struct processes_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct processes_opts),
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(filter),
	 .help = "of flows that match only, for example 'dst.port = 443'"},
	{.name = "limit",
	 .letter = 'n',
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(limit),
	 .least = 1,
	 .most = 1000,
	 .help = "so many programs at most (100)"},
	{.name = "all",
	 .letter = 'a',
	 .type = FB_OPT_FLAG,
	 .offset = AT(all),
	 .help = "of flows that ended, too"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "the API's answer as it is"},
	{0},
};

/* "812", "812 +2": with others of its kind; "-": the kernel, which is none. */
static void add_pids(struct fb_grid *table, const struct fb_jsontree *item)
{
	const struct fb_jsontree *pid = fb_jsontree_first(fb_jsontree_get(item, "pids"));
	const uint64_t n = fb_items_number(item, "processes");

	if (!pid)
		fb_grid_cells(table, FB_TEXT_DIM, "-");
	else if (n > 1)
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu +%llu",
			      (unsigned long long)fb_jsontree_u64(pid), (unsigned long long)n - 1);
	else
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu",
			      (unsigned long long)fb_jsontree_u64(pid));
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "process"));
	add_pids(table, item);
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "user"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "unit"));
	fb_items_add_container(table, item);
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_count(fb_items_number(item, "flows"), text));
	fb_grid_cells(table, FB_TEXT_UP, fb_fmt_rate(fb_items_number(item, "rate_bps.up"), text));
	fb_grid_cells(table, FB_TEXT_DOWN,
		      fb_fmt_rate(fb_items_number(item, "rate_bps.down"), text));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_bytes(fb_items_number(item, "bytes.up"), text));
	fb_grid_cells(table, FB_TEXT_PLAIN,
		      fb_fmt_bytes(fb_items_number(item, "bytes.down"), text));
	fb_items_add_list(table, fb_jsontree_get(item, "peers"), fb_jsontree_str);
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "exe"));
}

static const struct fb_items_column columns[] = {
	{"PROCESS", false, 8, 0}, {"PID", true, 0, 7},	      {"USER", false, 0, 6},
	{"UNIT", false, 8, 8},	  {"CONTAINER", false, 8, 5}, {"FLOWS", true, 0, 0},
	{"SENDS", true, 0, 0},	  {"GETS", true, 0, 0},	      {"SENT", true, 0, 3},
	{"GOT", true, 0, 4},	  {"TALKS TO", false, 12, 2}, {"EXECUTABLE", false, 12, 9},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

/* Beside the rows, so that a pipe gets rows only. */
static void print_sum(const struct fb_jsontree *answer)
{
	const uint64_t unowned = fb_items_number(answer, "unowned");
	const uint64_t all = fb_items_number(answer, "page.matched");
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN];

	fprintf(stderr, "%s program%s; %s flow%s of no process of this machine that is known\n",
		fb_fmt_count(all, a), all == 1 ? "" : "s", fb_fmt_count(unowned, b),
		unowned == 1 ? "" : "s");
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct processes_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	int r;

	(void)args;
	(void)n;
	fb_buf_addf(&target, "/api/v1/processes?limit=%u&live=%s", opts->limit,
		    opts->all ? "both" : "live");
	fb_daemon_param(&target, "filter", opts->filter);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_get(&daemon, target.data, &body, &answer))
		return fb_fail(daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon.why.text);
	r = fb_items_print(&items, answer, &body, opts->json);
	if (r == FB_EXIT_DONE && !opts->json && fb_items_owners_known(opts->socket))
		print_sum(answer);
	return r;
}

const struct fb_verb fb_cmd_processes = {
	.name = "processes",
	.args = "",
	.summary = "List the programs of this machine that flows belong to",
	.about = "Processes of the same name, file, user, unit and container are one line.\n\n"
		 "  flowbpf processes --filter 'dst.port = 443'\n"
		 "  flowbpf flows --filter 'owner.process = curl'\n",
	.opts = options,
	.opts_size = sizeof(struct processes_opts),
	.defaults = &defaults,
	.run = run,
};
