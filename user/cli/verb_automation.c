/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf automation: what may be done with nobody who asks; on, off, preview. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "policy/automation.h"
#include "util/json.h"

#define AUTOMATION "/api/v1/automation"

struct opts {
	const char *socket, *reason;
	uint32_t seconds;
	bool yes, json;
};

static const struct opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct opts),
	{.name = "for",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = offsetof(struct opts, seconds),
	 .least = 1,
	 .most = FB_AUTOMATION_LONGEST,
	 .help = "on, preview: how long an act lasts (1h)"},
	{.name = "yes",
	 .letter = 'y',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct opts, yes),
	 .help = "on: do not ask"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct opts, reason),
	 .help = "on: why, for the record: at most 200 bytes"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct opts, json),
	 .help = "what is shown as the API's answer"},
	{0},
};

/* --- shown ------------------------------------------------------------------------------------ */

static void add_switch(struct fb_grid *table, const struct fb_jsontree *item)
{
	const bool on = fb_jsontree_is_true(fb_jsontree_get(item, "on"));

	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "kind"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "direction"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "acts"));
	if (on)
		fb_grid_cellf(table, FB_TEXT_WARN, "for %llu s",
			      (unsigned long long)fb_items_number(item, "seconds"));
	else
		fb_grid_cells(table, FB_TEXT_DIM, "off");
}

static const struct fb_items_column switch_columns[] = {
	{"KIND", false, 0, 0},
	{"DIRECTION", false, 0, 0},
	{"MAY", false, 0, 0},
	{"ON", false, 0, 0},
};

static void add_act(struct fb_grid *table, const struct fb_jsontree *item)
{
	const bool on = fb_jsontree_is_true(fb_jsontree_get(item, "on"));
	const uint64_t rule = fb_items_number(item, "rule");

	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "time"));
	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "kind"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "host"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "verb"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "what"));
	if (rule)
		fb_grid_cellf(table, FB_TEXT_PLAIN, "rule %llu", (unsigned long long)rule);
	else if (*fb_items_text(item, "refused.text"))
		fb_grid_cellf(table, FB_TEXT_WARN, "no: it is %s",
			      fb_items_text(item, "refused.text"));
	else
		fb_grid_cells(table, FB_TEXT_DIM, on ? "" : "would have been");
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "sentence"));
}

static const struct fb_items_column act_columns[] = {
	{"TIME", false, 0, 0}, {"KIND", false, 0, 1}, {"HOST", false, 0, 0}, {"ACT", false, 0, 0},
	{"WHAT", false, 0, 0}, {"DONE", false, 0, 0}, {"WHY", false, 24, 2},
};

static const struct fb_items acts = {act_columns, sizeof(act_columns) / sizeof(*act_columns),
				     add_act};

static void print_switches(const struct fb_jsontree *answer)
{
	const struct fb_jsontree *at = fb_jsontree_first(fb_jsontree_get(answer, "switches"));
	_cleanup_grid_ struct fb_grid table = {0};

	for (size_t i = 0; i < sizeof(switch_columns) / sizeof(*switch_columns); i++)
		fb_grid_column(&table, switch_columns[i].title, switch_columns[i].right,
			       switch_columns[i].least);
	for (; at; at = fb_jsontree_next(at))
		add_switch(&table, at);
	fb_grid_print(&table, stdout, fb_text_width(stdout), fb_text_colours(stdout));
}

static void print_state(const struct fb_jsontree *answer)
{
	static const struct {
		const char *member;
		bool if_true;
		const char *text;
	} states[] = {
		{"judged", false, "flows are not judged here, so nothing is done: --judge off"},
		{"abstains", true, "the second judge is unsure here at present: nothing is done"},
		{"panic", true, "panic is on: nothing is done"},
	};
	static const struct {
		const char *title, *used, *max;
	} uses[] = {
		{"blocks in this minute", "budget.blocks_minute.used", "budget.blocks_minute.max"},
		{"limits", "budget.limits_minute.used", "budget.limits_minute.max"},
		{"rules in force", "budget.rules.used", "budget.rules.max"},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		printf("%s%s: %llu of %llu", i ? ", " : "", uses[i].title,
		       (unsigned long long)fb_items_number(answer, uses[i].used),
		       (unsigned long long)fb_items_number(answer, uses[i].max));
	printf("\n");
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (fb_jsontree_is_true(fb_jsontree_get(answer, states[i].member)) ==
		    states[i].if_true)
			printf("%s\n", states[i].text);
}

static int show(const struct opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;

	if (fb_daemon_get(&daemon, AUTOMATION, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!opts->json) {
		print_switches(answer);
		print_state(answer);
	}
	if (!opts->json && !fb_jsontree_first(fb_jsontree_get(answer, "items")))
		return FB_EXIT_DONE;
	return fb_items_print(&acts, answer, &body, opts->json);
}

/* --- asked ------------------------------------------------------------------------------------ */

/* 0, or an exit code: the user was told. */
static int preview(const struct opts *opts, char *const *which, struct fb_buf *text,
		   struct fb_jsontree **ret_answer)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "kind", which[0]);
	fb_json_kv_str(&json, "direction", which[1]);
	if (opts->seconds)
		fb_json_kv_u64(&json, "for", opts->seconds);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", AUTOMATION "/preview", text, ret_answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	return FB_EXIT_DONE;
}

static int print_preview(const struct opts *opts, const struct fb_jsontree *seen,
			 const struct fb_buf *text)
{
	int code = FB_EXIT_DONE;

	if (opts->json || fb_jsontree_first(fb_jsontree_get(seen, "items")))
		code = fb_items_print(&acts, seen, text, opts->json);
	if (!opts->json)
		printf("in the last 24 h, %s, %s: blocks: %llu, limits: %llu, left alone: %llu\n",
		       fb_items_text(seen, "kind"), fb_items_text(seen, "direction"),
		       (unsigned long long)fb_items_number(seen, "blocks"),
		       (unsigned long long)fb_items_number(seen, "limits"),
		       (unsigned long long)fb_items_number(seen, "refused"));
	return code;
}

static int look(const struct opts *opts, char *const *which)
{
	_cleanup_jsontree_ struct fb_jsontree *seen = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	const int code = preview(opts, which, &text, &seen);

	return code ? code : print_preview(opts, seen, &text);
}

/* True if it may go on; else *ret_code is what to exit with. */
static bool may_go_on(const struct opts *opts, int *ret_code)
{
	char answer[16] = "";

	if (opts->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		*ret_code = fb_fail(FB_EXIT_USAGE, "nothing was switched on: without a terminal "
						   "to ask on, automation needs --yes");
		return false;
	}
	printf("Let it do such from now on? [y/N] ");
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	*ret_code = fb_fail(FB_EXIT_FAILED, "nothing was switched on");
	return false;
}

static int change(const struct opts *opts, char *const *which, const char *method,
		  const char *token)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT, text = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	struct fb_json json;

	fb_buf_addf(&target, AUTOMATION "/%.40s/%.40s", which[0], which[1]);
	fb_buf_addc(&target, '\0');
	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "token", token);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&target) || fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = token ? body.data : NULL;
	if (fb_daemon_call(&daemon, method, target.data, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf(token ? "%s, %s: on; \"flowbpf automation off %s %s\" ends it\n"
		     : "%s, %s: off; rules that it made stay: \"flowbpf rules\" lists them\n",
	       which[0], which[1], which[0], which[1]);
	return FB_EXIT_DONE;
}

static int switch_on(const struct opts *opts, char *const *which)
{
	_cleanup_jsontree_ struct fb_jsontree *seen = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	int code = preview(opts, which, &text, &seen);

	if (code == FB_EXIT_DONE)
		code = print_preview(opts, seen, &text);
	if (code || !may_go_on(opts, &code))
		return code;
	return change(opts, which, "PUT", fb_items_text(seen, "token"));
}

/* Both are one word of a path. */
static bool is_which(char *const *which)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	for (int i = 0; i < 2; i++)
		if (!*which[i] || strspn(which[i], word) != strlen(which[i]))
			return false;
	return true;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct opts *opts = opts_;

	if (n == 0)
		return show(opts);
	if (n == 3 && is_which(args + 1)) {
		if (!strcmp(args[0], "on"))
			return switch_on(opts, args + 1);
		if (!strcmp(args[0], "off"))
			return change(opts, args + 1, "DELETE", NULL);
		if (!strcmp(args[0], "preview"))
			return look(opts, args + 1);
	}
	return fb_fail(FB_EXIT_USAGE, "automation takes nothing, or on, off or preview with a KIND "
				      "(scan, brute, flood, list) and a DIRECTION "
				      "(external-internal, internal-external)");
}

const struct fb_verb fb_cmd_automation = {
	.name = "automation",
	.args = "[on|off|preview KIND DIRECTION]",
	.summary = "Let what both judges are sure of be blocked, or held to a rate, by itself",
	.about =
		"Off until \"on\" shows what it would have done in the last 24 h and is told to go on.\n"
		"KIND is scan, brute, flood or list, DIRECTION external-internal or internal-external.\n"
		"Who is never touched is not, and 20 blocks a minute are the most. What may be forged,\n"
		"as a SYN that nobody answers, holds to a rate and never blocks an address. An act\n"
		"about a host inside is taken back in 60 s unless \"flowbpf rules confirm\" comes;\n"
		"\"flowbpf undo\" takes back any.\n\n"
		"  flowbpf automation preview brute external-internal\n"
		"  flowbpf automation on brute external-internal --for 2h --reason 'guessers'\n",
	.opts = options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.max_args = 3,
	.run = run,
};
