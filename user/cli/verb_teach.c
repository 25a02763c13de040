/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf teach: tell the judge that a connection is fine, or not. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/json.h"

#define TEACHINGS "/api/v1/teachings"

struct teach_opts {
	const char *socket, *reason;
	uint32_t undo;
	bool list, json;
};

static const struct teach_opts defaults = {.socket = FB_DEFAULT_SOCKET};

#define AT(member) offsetof(struct teach_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct teach_opts),
	{.name = "list",
	 .letter = 'l',
	 .type = FB_OPT_FLAG,
	 .offset = AT(list),
	 .help = "what was said so far"},
	{.name = "undo",
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(undo),
	 .least = 1,
	 .most = UINT32_MAX,
	 .help = "take it back, by its number in the list"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = AT(reason),
	 .help = "why, for the record: at most 200 bytes"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "--list: the API's answer as it is"},
	{0},
};

static void add_teaching(struct fb_grid *table, const struct fb_jsontree *item)
{
	const bool deny = fb_jsontree_is_true(fb_jsontree_get(item, "deny"));

	fb_items_add_number(table, fb_items_number(item, "id"));
	fb_grid_cells(table, deny ? FB_TEXT_BAD : FB_TEXT_BOLD, deny ? "deny" : "allow");
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "client"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "server"));
	fb_items_add_number(table, fb_items_number(item, "port"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "proto"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "time"));
}

static const struct fb_items_column columns[] = {
	{"N", true, 0, 0},	 {"SAID", false, 0, 0}, {"CLIENT", false, 0, 0},
	{"SERVER", false, 0, 0}, {"PORT", true, 0, 0},	{"PROTO", false, 0, 0},
	{"AT", false, 0, 1},
};

static const struct fb_items teachings = {columns, sizeof(columns) / sizeof(*columns),
					  add_teaching};

static int list_all(const struct teach_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (fb_daemon_get(&daemon, TEACHINGS, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	return fb_items_print(&teachings, answer, &body, opts->json);
}

static int undo(const struct teach_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	char target[64];

	snprintf(target, sizeof(target), TEACHINGS "/%" PRIu32, opts->undo);
	if (fb_daemon_call(&daemon, "DELETE", target, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%" PRIu32 " is taken back\n", opts->undo);
	return FB_EXIT_DONE;
}

static int teach(const struct teach_opts *opts, bool deny, const char *id)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, text = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "flow", id);
	fb_json_kv_bool(&json, "deny", deny);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", TEACHINGS, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%s: %s from now on, for all of this client, server and port; \"flowbpf teach --undo "
	       "%" PRIu64 "\" takes that back\n",
	       id, deny ? "denied" : "allowed", fb_items_number(answer, "id"));
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct teach_opts *opts = opts_;

	if (n == 0 && opts->list && !opts->undo)
		return list_all(opts);
	if (n == 0 && opts->undo && !opts->list)
		return undo(opts);
	if (n != 2 || opts->list || opts->undo ||
	    (strcmp(args[0], "allow") != 0 && strcmp(args[0], "deny") != 0))
		return fb_fail(FB_EXIT_USAGE, "teach takes \"allow ID\", \"deny ID\", --list or "
					      "--undo N");
	return teach(opts, !strcmp(args[0], "deny"), args[1]);
}

const struct fb_verb fb_cmd_teach = {
	.name = "teach",
	.args = "[allow|deny ID]",
	.summary = "Tell the judge that a connection is fine, or not, for all like it",
	.about =
		"It is the last word on all connections of the same client, server and port, at\n"
		"once and until it is taken back; and the judge that learns, learns from it, half as\n"
		"much of it after 30 days. Nothing is blocked. Rules do not learn.\n\n"
		"  flowbpf flows --fields id,src,dst,evidence --filter 'risk >= 25'\n"
		"  flowbpf teach allow 9f2c51e07ab31d44 --reason 'our own backup'\n",
	.opts = options,
	.opts_size = sizeof(struct teach_opts),
	.defaults = &defaults,
	.max_args = 2,
	.run = run,
};
