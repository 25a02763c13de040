/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf alerts: what is wrong, by which rules; flowbpf alert: what is said of it, and of rules.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/alertedit.h"
#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/tryrule.h"
#include "cli/verb.h"
#include "util/clock.h"
#include "util/json.h"

#define ALERTS	     "/api/v1/alerts"
#define SILENCE_S    3600
#define SILENCE_MOST 31536000
#define TEST_MS	     40000 /* a receiver has half of it */

struct alerts_opts {
	const char *socket;
	bool json, rules;
};

static const struct alerts_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct alerts_opts),
	{.name = "rules",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct alerts_opts, rules),
	 .help = "the rules, and how many alerts each has"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct alerts_opts, json),
	 .help = "the API's answer as it is"},
	{0},
};

/* --- flowbpf alerts --------------------------------------------------------------------------- */

static enum fb_text_style style_of(const struct fb_jsontree *item)
{
	const bool fires = !strcmp(fb_items_text(item, "state"), "firing");
	const char *severity = fb_items_text(item, "severity");

	return !fires			       ? FB_TEXT_DIM
	       : !strcmp(severity, "critical") ? FB_TEXT_BAD
	       : !strcmp(severity, "warning")  ? FB_TEXT_WARN
					       : FB_TEXT_PLAIN;
}

static void add_alert(struct fb_grid *table, const struct fb_jsontree *item)
{
	const enum fb_text_style style = style_of(item);

	fb_grid_cells(table, style, fb_items_text(item, "state"));
	fb_grid_cells(table, style, fb_items_text(item, "severity"));
	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "rule"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "key"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "sentence"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "since"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "silent"));
}

static const struct fb_items_column alert_columns[] = {
	{"STATE", false, 0, 0},	 {"SEVERITY", false, 0, 3}, {"RULE", false, 0, 0},
	{"KEY", false, 8, 0},	 {"WHAT", false, 16, 0},    {"SINCE", false, 0, 2},
	{"SILENT", false, 0, 1},
};

static const struct fb_items alerts = {alert_columns,
				       sizeof(alert_columns) / sizeof(*alert_columns), add_alert};

static void add_rule(struct fb_grid *table, const struct fb_jsontree *item)
{
	const uint64_t firing = fb_items_number(item, "firing");

	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "name"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "source"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "severity"));
	fb_items_add_number(table, firing);
	fb_items_add_number(table, fb_items_number(item, "pending"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "text"));
}

static const struct fb_items_column rule_columns[] = {
	{"RULE", false, 0, 0},	{"FROM", false, 0, 3},	 {"SEVERITY", false, 0, 1},
	{"FIRING", true, 0, 0}, {"PENDING", true, 0, 2}, {"TEXT", false, 16, 0},
};

static const struct fb_items rules = {rule_columns, sizeof(rule_columns) / sizeof(*rule_columns),
				      add_rule};

/* What people do not get is said, whoever looks. */
static void warn_senders(const struct fb_jsontree *answer)
{
	const struct fb_jsontree *sender = fb_jsontree_first(fb_jsontree_get(answer, "senders"));

	for (; sender; sender = fb_jsontree_next(sender))
		if (*fb_items_text(sender, "error"))
			fprintf(stderr, "sender %s waits with %" PRIu64 ": %s\n",
				fb_items_text(sender, "name"), fb_items_number(sender, "waiting"),
				fb_items_text(sender, "error"));
}

/* Those that are not in force are told, too, beside the table. */
static void tell_off(const struct fb_jsontree *answer)
{
	const struct fb_jsontree *off = fb_jsontree_first(fb_jsontree_get(answer, "off"));

	for (; off; off = fb_jsontree_next(off)) {
		const char *error = fb_items_text(off, "error");

		fprintf(stderr, "%s is off%s%s\n", fb_items_text(off, "name"), *error ? ": " : "",
			error);
	}
}

static int run_alerts(void *opts_, char *const *args, unsigned int n)
{
	const struct alerts_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	(void)args;
	(void)n;
	if (fb_daemon_get(&daemon, opts->rules ? "/api/v1/alert-rules" : ALERTS, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!opts->json && opts->rules)
		tell_off(answer);
	else if (!opts->json)
		warn_senders(answer);
	return fb_items_print(opts->rules ? &rules : &alerts, answer, &body, opts->json);
}

const struct fb_verb fb_cmd_alerts = {
	.name = "alerts",
	.args = "",
	.summary = "What is wrong now, and was in the last hour, by the rules of alerts",
	.about = "Rules are written as attach --alert has them. SILENT is why nobody is told.\n",
	.opts = options,
	.opts_size = sizeof(struct alerts_opts),
	.defaults = &defaults,
	.run = run_alerts,
};

/* --- flowbpf alert ---------------------------------------------------------------------------- */

struct alert_opts {
	const char *socket, *key, *reason, *since;
	uint32_t seconds;
	bool json;
};

static const struct alert_opts alert_defaults = {.socket = FB_DEFAULT_SOCKET, .seconds = SILENCE_S};

static const struct fb_opt alert_options[] = {
	FB_OPT_SOCKET(struct alert_opts),
	{.name = "for",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = offsetof(struct alert_opts, seconds),
	 .least = 1,
	 .most = SILENCE_MOST,
	 .help = "silence: how long (1h)"},
	{.name = "key",
	 .arg = "KEY",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct alert_opts, key),
	 .help = "... only of what is about this, as \"flowbpf alerts\" shows it"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct alert_opts, reason),
	 .help = "why, for the record: at most 200 bytes"},
	{.name = "since",
	 .arg = "WHEN",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct alert_opts, since),
	 .help = "try: from then on, a time back such as 2d, 7d at most, or a moment (6h)"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct alert_opts, json),
	 .help = "try: the API's answer as it is"},
	{0},
};

/* "all" is every rule. */
static int silence(const struct alert_opts *opts, const char *rule, uint32_t seconds)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, text = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &body);
	fb_json_object(&json);
	if (strcmp(rule, "all") != 0)
		fb_json_kv_str(&json, "rule", rule);
	if (opts->key)
		fb_json_kv_str(&json, "key", opts->key);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_kv_u64(&json, "seconds", seconds);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", "/api/v1/alert-silences", &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf(seconds ? "alerts of %s are not told for %" PRIu32 " s\n"
		       : "alerts of %s are told again\n",
	       rule, seconds);
	return FB_EXIT_DONE;
}

static const struct fb_jsontree *find_sender(const struct fb_jsontree *answer, const char *name)
{
	const struct fb_jsontree *sender = fb_jsontree_first(fb_jsontree_get(answer, "senders"));

	while (sender && strcmp(fb_items_text(sender, "name"), name) != 0)
		sender = fb_jsontree_next(sender);
	return sender;
}

static uint64_t gone(const struct fb_jsontree *sender)
{
	return fb_items_number(sender, "sent") + fb_items_number(sender, "refused") +
	       fb_items_number(sender, "dropped");
}

/* True: it is known what came of message `number`; *ret_code is. */
static bool is_known(const struct fb_jsontree *sender, uint64_t number, uint64_t refused,
		     const char *name, int *ret_code)
{
	const char *error = fb_items_text(sender, "error");

	*ret_code = FB_EXIT_FAILED;
	if (*error)
		fb_fail(FB_EXIT_FAILED, "%s: %s; it is tried again", name, error);
	else if (gone(sender) < number)
		return false;
	else if (fb_items_number(sender, "refused") > refused)
		fb_fail(FB_EXIT_FAILED, "%s: the message was refused, the log says why", name);
	else
		*ret_code = FB_EXIT_DONE;
	return true;
}

static int await(struct fb_daemon *daemon, const char *name, uint64_t number, uint64_t refused)
{
	const uint64_t until = fb_monotonic_ms() + TEST_MS;
	const struct timespec pause = {.tv_nsec = 200 * FB_NS_PER_MS};
	int code = FB_EXIT_FAILED;

	while (fb_monotonic_ms() < until) {
		_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
		_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

		nanosleep(&pause, NULL);
		if (fb_daemon_get(daemon, ALERTS, &text, &answer))
			return fb_fail(FB_EXIT_FAILED, "%s", daemon->why.text);
		if (!is_known(find_sender(answer, name), number, refused, name, &code))
			continue;
		if (code == FB_EXIT_DONE)
			printf("%s took the message\n", name);
		return code;
	}
	return fb_fail(FB_EXIT_FAILED, "%s: nothing came of it yet", name);
}

static int test(const struct alert_opts *opts, const char *name)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *before = NULL, *answer = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT, reply = FB_BUF_INIT, target = FB_BUF_INIT;
	const struct fb_jsontree *sender;

	if (fb_daemon_get(&daemon, ALERTS, &text, &before))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	sender = find_sender(before, name);
	if (!sender)
		return fb_fail(FB_EXIT_FAILED, "there is no sender \"%.40s\"", name);
	fb_buf_addf(&target, "/api/v1/alert-senders/%s/test", name);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_call(&daemon, "POST", target.data, &reply, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	return await(&daemon, name, fb_items_number(answer, "queued"),
		     fb_items_number(sender, "refused"));
}

static int run_alert(void *opts_, char *const *args, unsigned int n)
{
	const struct alert_opts *opts = opts_;

	(void)n;
	if (!strcmp(args[0], "silence"))
		return silence(opts, args[1], opts->seconds);
	if (!strcmp(args[0], "unsilence"))
		return silence(opts, args[1], 0);
	if (!strcmp(args[0], "test"))
		return test(opts, args[1]);
	if (!strcmp(args[0], "try"))
		return fb_try_rule(opts->socket, args[1], opts->since, opts->json);
	if (fb_alert_edit_is(args[0]))
		return fb_alert_edit_run(opts->socket, args[0], args[1], opts->reason);
	return fb_fail(
		FB_EXIT_USAGE,
		"alert knows silence, unsilence, on, off and remove with a RULE's name, add, "
		"change and try with a RULE, test with a SENDER, not \"%.40s\"",
		args[0]);
}

const struct fb_verb fb_cmd_alert = {
	.name = "alert",
	.args = "silence|unsilence|add|change|remove|on|off|try RULE|test SENDER",
	.summary = "Make rules of alerts, try them on the past, tell nobody for a while; test a "
		   "sender",
	.about =
		"What is added, changed or tried is written as attach --alert has it; the rest takes\n"
		"a rule's name. What is added stays over restarts; rules of the config are changed\n"
		"there, and those that are ready are switched off, or changed to your own:\n\n"
		"  flowbpf alert try 'up: scope=internal-external | rate > 50mbit by src.ip for 5m'\n"
		"  flowbpf alert add 'up: scope=internal-external | rate > 50mbit by src.ip for 5m'\n"
		"  flowbpf alert off disk\n\n"
		"To silence, RULE may be \"all\"; a silence ends by itself. All of it is on the record\n"
		"of acts.\n",
	.opts = alert_options,
	.opts_size = sizeof(struct alert_opts),
	.defaults = &alert_defaults,
	.min_args = 2,
	.max_args = 2,
	.run = run_alert,
};
