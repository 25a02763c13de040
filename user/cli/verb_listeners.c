/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf listeners: the sockets of this machine that wait for others. */
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/text.h"
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

static const char *text_of(const struct fb_jsontree *item, const char *path)
{
	return fb_jsontree_str(fb_jsontree_get(item, path));
}

static unsigned long long number(const struct fb_jsontree *item, const char *path)
{
	return fb_jsontree_u64(fb_jsontree_get(item, path));
}

static void add_address(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *address = text_of(item, "address");
	const bool wide = strchr(address, ':');

	fb_grid_cellf(table, FB_TEXT_BOLD, "%s%s%s:%llu", wide ? "[" : "", address, wide ? "]" : "",
		      number(item, "port"));
}

/* What may come from outside, and did, stands out. */
static void add_reach(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *reached = text_of(item, "reached"), *bound = text_of(item, "bound");

	fb_grid_cells(table, strcmp(bound, "loopback") ? FB_TEXT_PLAIN : FB_TEXT_DIM, bound);
	if (*reached)
		fb_grid_cells(table, strcmp(reached, "outside") ? FB_TEXT_PLAIN : FB_TEXT_WARN,
			      reached);
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
}

static void add_clients(struct fb_grid *table, const struct fb_jsontree *item)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	const struct fb_jsontree *client = fb_jsontree_first(fb_jsontree_get(item, "clients"));

	for (; client; client = fb_jsontree_next(client)) {
		const char *host = text_of(client, "host");

		fb_buf_addf(&text, "%s%s", text.len ? ", " : "",
			    *host ? host : text_of(client, "ip"));
	}
	fb_grid_cell(table, FB_TEXT_PLAIN, text.data ? text.data : "", text.len);
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	static const char *const owner[] = {"user", "unit"};
	const char *name = text_of(item, "container_name");

	fb_grid_cells(table, FB_TEXT_PLAIN, text_of(item, "proto"));
	add_address(table, item);
	fb_grid_cells(table, FB_TEXT_PLAIN, text_of(item, "process"));
	if (number(item, "pid"))
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu", number(item, "pid"));
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
	for (size_t i = 0; i < sizeof(owner) / sizeof(*owner); i++)
		fb_grid_cells(table, FB_TEXT_PLAIN, text_of(item, owner[i]));
	fb_grid_cells(table, FB_TEXT_PLAIN, *name ? name : text_of(item, "container"));
	if (!strcmp(text_of(item, "proto"), "tcp"))
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu/%llu", number(item, "backlog.waiting"),
			      number(item, "backlog.limit"));
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
	add_reach(table, item);
	fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu", number(item, "flows"));
	add_clients(table, item);
}

static int print_table(const struct fb_jsontree *answer)
{
	static const struct {
		const char *title;
		bool right;
		unsigned int least, rank;
	} columns[] = {
		{"PROTO", false, 0, 0},	    {"LISTENS ON", false, 0, 0}, {"PROCESS", false, 8, 0},
		{"PID", true, 0, 5},	    {"USER", false, 0, 4},	 {"UNIT", false, 8, 7},
		{"CONTAINER", false, 8, 6}, {"BACKLOG", true, 0, 3},	 {"BOUND", false, 0, 0},
		{"REACHED", false, 0, 0},   {"FLOWS", true, 0, 2},	 {"CLIENTS", false, 12, 1},
	};
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *item = fb_jsontree_first(fb_jsontree_get(answer, "items"));

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		fb_grid_column(&table, columns[i].title, columns[i].right, columns[i].least);
		table.columns[i].rank = columns[i].rank;
	}
	for (; item; item = fb_jsontree_next(item))
		add_row(&table, item);
	return fb_grid_print(&table, stdout, fb_text_width(stdout), fb_text_colours(stdout));
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct listeners_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	int r;

	(void)args;
	(void)n;
	if (fb_daemon_get(&daemon, "/api/v1/listeners", &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	r = opts->json ? fb_text_print_json(body.data, body.len) : print_table(answer);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "cannot write the output");
	return FB_EXIT_DONE;
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
