/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf listeners: the sockets of this machine that wait for others. */
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"

struct listeners_opts {
	const char *socket;
	bool json;
};

static const struct listeners_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct listeners_opts),
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct listeners_opts, json),
	 .help = "the API's answer as it is"},
	{0},
};

static void add_address(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *address = fb_items_text(item, "address");
	const bool wide = strchr(address, ':');

	fb_grid_cellf(table, FB_TEXT_BOLD, "%s%s%s:%llu", wide ? "[" : "", address, wide ? "]" : "",
		      (unsigned long long)fb_items_number(item, "port"));
}

/* What may come from outside, and did, stands out. */
static void add_reach(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *reached = fb_items_text(item, "reached"), *bound = fb_items_text(item, "bound");

	fb_grid_cells(table, strcmp(bound, "loopback") ? FB_TEXT_PLAIN : FB_TEXT_DIM, bound);
	if (*reached)
		fb_grid_cells(table, strcmp(reached, "outside") ? FB_TEXT_PLAIN : FB_TEXT_WARN,
			      reached);
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
}

/* What it is called, else its address. */
static const char *client_of(const struct fb_jsontree *client)
{
	const char *host = fb_items_text(client, "host");

	return *host ? host : fb_items_text(client, "ip");
}

/* How many nobody took yet, of how many; datagrams have none. */
static void add_backlog(struct fb_grid *table, const struct fb_jsontree *item)
{
	if (!strcmp(fb_items_text(item, "proto"), "tcp"))
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu/%llu",
			      (unsigned long long)fb_items_number(item, "backlog.waiting"),
			      (unsigned long long)fb_items_number(item, "backlog.limit"));
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "proto"));
	add_address(table, item);
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "process"));
	fb_items_add_number(table, fb_items_number(item, "pid"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "user"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "unit"));
	fb_items_add_container(table, item);
	add_backlog(table, item);
	add_reach(table, item);
	fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu",
		      (unsigned long long)fb_items_number(item, "flows"));
	fb_items_add_list(table, fb_jsontree_get(item, "clients"), client_of);
}

static const struct fb_items_column columns[] = {
	{"PROTO", false, 0, 0},	    {"LISTENS ON", false, 0, 0}, {"PROCESS", false, 8, 0},
	{"PID", true, 0, 5},	    {"USER", false, 0, 4},	 {"UNIT", false, 8, 7},
	{"CONTAINER", false, 8, 6}, {"BACKLOG", true, 0, 3},	 {"BOUND", false, 0, 0},
	{"REACHED", false, 0, 0},   {"FLOWS", true, 0, 2},	 {"CLIENTS", false, 12, 1},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct listeners_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	(void)args;
	(void)n;
	if (fb_daemon_get(&daemon, "/api/v1/listeners", &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!opts->json)
		fb_items_owners_known(opts->socket);
	return fb_items_print(&items, answer, &body, opts->json);
}

const struct fb_verb fb_cmd_listeners = {
	.name = "listeners",
	.args = "",
	.summary = "List the sockets of this machine that wait for others, and who came",
	.about =
		"BOUND is who can come at all, REACHED from how far somebody did: here (this machine),\n"
		"inside, outside; and BACKLOG how many connections nobody took yet, of how many.\n",
	.opts = options,
	.opts_size = sizeof(struct listeners_opts),
	.defaults = &defaults,
	.run = run,
};
