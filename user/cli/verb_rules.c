/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf rules and undo: what is in force, and no more. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/rulefiles.h"
#include "cli/verb.h"
#include "policy/rules.h"
#include "util/fmt.h"

#define RULES "/api/v1/rules"

struct opts {
	const char *socket, *reason;
	uint32_t since;
	bool json, all;
};

static const struct opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt rules_options[] = {
	FB_OPT_SOCKET(struct opts),
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct opts, json),
	 .help = "the API's answer as it is"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct opts, reason),
	 .help = "import: why, for rules that do not say it themselves"},
	{0},
};

static const struct fb_opt undo_options[] = {
	FB_OPT_SOCKET(struct opts),
	{.name = "since",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = offsetof(struct opts, since),
	 .least = 1,
	 .most = FB_RULE_LONGEST,
	 .help = "those that were made in this time, such as 10m"},
	{.name = "all",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct opts, all),
	 .help = "all rules at once"},
	{0},
};

/* "20 Mbit/s down, 2 Mbit/s up, each host" */
static void add_rates(struct fb_grid *table, const struct fb_jsontree *item)
{
	const uint64_t up = fb_items_number(item, "rate_up");
	const uint64_t down = fb_items_number(item, "rate_down");
	char rate[FB_FMT_STRLEN], text[128] = "";
	size_t len = 0;

	if (down)
		len = (size_t)snprintf(text, sizeof(text), "%s down", fb_fmt_rate(down, rate));
	if (up)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s up", len ? ", " : "",
					fb_fmt_rate(up, rate));
	if (!strcmp(fb_items_text(item, "per"), "host"))
		snprintf(text + len, sizeof(text) - len, ", each host");
	fb_grid_cells(table, FB_TEXT_PLAIN, text);
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *until = fb_items_text(item, "until");
	const char *confirm = fb_items_text(item, "confirm_until");

	fb_items_add_number(table, fb_items_number(item, "id"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "verb"));
	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "what"));
	add_rates(table, item);
	if (*confirm)
		fb_grid_cellf(table, FB_TEXT_BOLD, "%s unless confirmed", confirm);
	else
		fb_grid_cells(table, FB_TEXT_PLAIN, *until ? until : "for good");
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "where"));
	fb_items_add_number(table, fb_items_number(item, "flows"));
	fb_items_add_number(table, fb_items_number(item, "packets"));
	fb_items_add_number(table, fb_items_number(item, "bytes"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "last"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "by"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "reason"));
}

static const struct fb_items_column columns[] = {
	{"RULE", true, 0, 0},  {"VERB", false, 0, 0},	{"WHAT", false, 16, 0},
	{"RATE", false, 0, 6}, {"UNTIL", false, 0, 1},	{"WHERE", false, 0, 7},
	{"FLOWS", true, 0, 2}, {"PACKETS", true, 0, 0}, {"BYTES", true, 0, 2},
	{"LAST", false, 0, 3}, {"BY", false, 8, 5},	{"REASON", false, 8, 4},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int list(const struct opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (fb_daemon_get(&daemon, RULES, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (fb_jsontree_is_true(fb_jsontree_get(answer, "panic")))
		fprintf(stderr, "panic is on, none of these is in force: \"flowbpf panic --off\" "
				"ends that\n");
	return fb_items_print(&items, answer, &body, opts->json);
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int not_a_rule(const char *verb, const char *text)
{
	return fb_fail(
		FB_EXIT_USAGE,
		"%s takes the number of a rule, as \"flowbpf rules\" shows it, not \"%.40s\"", verb,
		text);
}

static int confirm(const struct opts *opts, const char *id)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (!is_number(id))
		return not_a_rule("confirm", id);
	fb_buf_addf(&target, RULES "/%s/confirm", id);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_call(&daemon, "POST", target.data, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("rule %s stays\n", id);
	return FB_EXIT_DONE;
}

static int run_rules(void *opts_, char *const *args, unsigned int n)
{
	const struct opts *opts = opts_;

	if (n == 0)
		return list(opts);
	if (n == 2 && !strcmp(args[0], "export"))
		return fb_rulefiles_export(opts->socket, args[1]);
	if (n == 2 && !strcmp(args[0], "import"))
		return fb_rulefiles_import(opts->socket, args[1], opts->reason);
	if (n == 2 && !strcmp(args[0], "confirm"))
		return confirm(opts, args[1]);
	return fb_fail(FB_EXIT_USAGE,
		       "rules knows \"export FILE\", \"import FILE\" and \"confirm RULE\", not "
		       "\"%.40s\"",
		       args[0]);
}

/* Rules at "/7", at "?since=600", or all. How many are added to *taken. */
static int take_back(const struct opts *opts, const char *which, uint64_t *taken)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	char target[64];

	snprintf(target, sizeof(target), RULES "%s", which);
	if (fb_daemon_call(&daemon, "DELETE", target, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	*taken += fb_jsontree_u64(fb_jsontree_get(answer, "removed"));
	return FB_EXIT_DONE;
}

static int run_undo(void *opts_, char *const *args, unsigned int n)
{
	const struct opts *opts = opts_;
	uint64_t taken = 0;
	char which[32] = "";
	int code = FB_EXIT_DONE;

	if (!!n + opts->all + !!opts->since != 1)
		return fb_fail(FB_EXIT_USAGE, "undo needs numbers of rules, --since TIME or --all, "
					      "and one of these only");
	for (unsigned int i = 0; i < n; i++)
		if (!is_number(args[i]) || strlen(args[i]) > 10)
			return not_a_rule("undo", args[i]);
	if (opts->since)
		snprintf(which, sizeof(which), "?since=%u", opts->since);
	if (!n)
		code = take_back(opts, which, &taken);
	for (unsigned int i = 0; i < n && code == FB_EXIT_DONE; i++) {
		snprintf(which, sizeof(which), "/%.10s", args[i]);
		code = take_back(opts, which, &taken);
	}
	if (code == FB_EXIT_DONE || taken)
		printf("%llu taken back\n", (unsigned long long)taken);
	return code;
}

const struct fb_verb fb_cmd_rules = {
	.name = "rules",
	.args = "[export FILE|import FILE|confirm RULE]",
	.summary = "List what is blocked, limited and allowed, how long, and what it met",
	.about =
		"\"export\" writes all of them to a file, a line each, for people and for\n"
		"\"import\", which puts all in force or, saying why not, none. \"-\" is standard\n"
		"output and input. \"confirm\" keeps a rule that waits for it: made with --confirm, or\n"
		"one that touches inside hosts, which is taken back after 60 seconds otherwise.\n",
	.opts = rules_options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.max_args = 2,
	.run = run_rules,
};

const struct fb_verb fb_cmd_undo = {
	.name = "undo",
	.args = "[RULE...]",
	.summary = "Take rules back: some, those made lately, or all",
	.opts = undo_options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.max_args = 256,
	.run = run_undo,
};
