/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf block, allow and limit: make a rule. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/rulelook.h"
#include "cli/verb.h"
#include "policy/rules.h"
#include "util/buf.h"
#include "util/fmt.h"
#include "util/json.h"

struct opts {
	const char *socket, *reason;
	uint32_t seconds, confirm;
	bool permanent, dry_run;
	const char *up, *down, *per; /* of a limit */
};

#define UNSAID UINT32_MAX

static const struct opts defaults = {.socket = FB_DEFAULT_SOCKET, .confirm = UNSAID};

#define RULE_OPTIONS                                                                               \
	FB_OPT_SOCKET(struct opts),                                                                \
		{.name = "for",                                                                    \
		 .arg = "TIME",                                                                    \
		 .type = FB_OPT_SECONDS,                                                           \
		 .offset = offsetof(struct opts, seconds),                                         \
		 .least = 1,                                                                       \
		 .most = FB_RULE_LONGEST,                                                          \
		 .help = "how long (1h)"},                                                         \
		{.name = "permanent",                                                              \
		 .type = FB_OPT_FLAG,                                                              \
		 .offset = offsetof(struct opts, permanent),                                       \
		 .help = "... or for good"},                                                       \
		{.name = "confirm",                                                                \
		 .arg = "TIME",                                                                    \
		 .type = FB_OPT_SECONDS,                                                           \
		 .offset = offsetof(struct opts, confirm),                                         \
		 .least = 0,                                                                       \
		 .most = FB_RULE_CONFIRM_MOST,                                                     \
		 .usual = "60s",                                                                   \
		 .help = "take it back unless \"rules confirm\" comes by then; 0: it stays "       \
			 "(60s of what touches inside hosts)"},                                    \
		{.name = "dry-run",                                                                \
		 .type = FB_OPT_FLAG,                                                              \
		 .offset = offsetof(struct opts, dry_run),                                         \
		 .help = "say what it would do to the flows of now and would have met in a day"},  \
		{.name = "reason",                                                                 \
		 .arg = "TEXT",                                                                    \
		 .type = FB_OPT_TEXT,                                                              \
		 .offset = offsetof(struct opts, reason),                                          \
		 .help = "why, for the record: at most 200 bytes"}

static const struct fb_opt options[] = {RULE_OPTIONS, {0}};

static const char *const pers[] = {"host", "all", NULL};

static const struct fb_opt limit_options[] = {
	{.name = "up",
	 .arg = "RATE",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct opts, up),
	 .help = "what the inside host may send, such as 500kbit, 20mbit"},
	{.name = "down",
	 .arg = "RATE",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct opts, down),
	 .help = "what it may get"},
	{.name = "per",
	 .arg = "host|all",
	 .type = FB_OPT_CHOICE,
	 .choices = pers,
	 .offset = offsetof(struct opts, per),
	 .help = "for each inside host, or for all together (all)"},
	RULE_OPTIONS,
	{0},
};

struct rates {
	uint64_t up, down; /* bits a second; 0: not said */
};

static void write_body(struct fb_buf *body, const struct opts *opts, const struct rates *rates,
		       const char *verb, const char *what)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "verb", verb);
	fb_json_kv_str(&json, "what", what);
	if (opts->permanent)
		fb_json_kv_bool(&json, "permanent", true);
	else if (opts->seconds)
		fb_json_kv_u64(&json, "for", opts->seconds);
	if (opts->confirm != UNSAID)
		fb_json_kv_u64(&json, "confirm", opts->confirm);
	if (opts->dry_run)
		fb_json_kv_bool(&json, "dry_run", true);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	if (rates->up)
		fb_json_kv_u64(&json, "rate_up", rates->up);
	if (rates->down)
		fb_json_kv_u64(&json, "rate_down", rates->down);
	if (opts->per)
		fb_json_kv_str(&json, "per", opts->per);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
}

static void tell(const struct opts *opts, const struct fb_jsontree *made)
{
	const uint64_t id = fb_jsontree_u64(fb_jsontree_get(made, "id"));
	const uint64_t confirm = fb_jsontree_u64(fb_jsontree_get(made, "confirm"));

	printf("rule %" PRIu64 "\n", id);
	if (confirm && opts->confirm == UNSAID)
		printf("it touches inside hosts; --confirm=0 says that it stays all the same\n");
	if (confirm)
		printf("it is taken back in %" PRIu64 " s: \"flowbpf rules confirm %" PRIu64
		       "\" keeps it\n",
		       confirm, id);
	if (fb_jsontree_is_true(fb_jsontree_get(made, "panic")))
		printf("panic is on, so it is not in force: \"flowbpf panic --off\" ends that\n");
}

static int make(const struct opts *opts, const struct rates *rates, const char *verb,
		const char *what)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, text = FB_BUF_INIT;

	if (opts->permanent && opts->seconds)
		return fb_fail(FB_EXIT_USAGE, "--for and --permanent exclude each other");
	if (opts->reason && strlen(opts->reason) > FB_RULE_REASON)
		return fb_fail(FB_EXIT_USAGE, "--reason takes %d bytes at most", FB_RULE_REASON);
	write_body(&body, opts, rates, verb, what);
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", "/api/v1/rules", &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (opts->dry_run)
		fb_rulelook_print(answer);
	else
		tell(opts, answer);
	return FB_EXIT_DONE;
}

static int run_block(void *opts, char *const *args, unsigned int n)
{
	(void)n;
	return make(opts, &(struct rates){0}, "block", args[0]);
}

static int run_allow(void *opts, char *const *args, unsigned int n)
{
	(void)n;
	return make(opts, &(struct rates){0}, "allow", args[0]);
}

static bool take_rate(const char *option, const char *text, uint64_t *ret_rate)
{
	if (!text || !fb_fmt_parse_rate(text, FB_RATE_LEAST, FB_RATE_MOST, ret_rate))
		return true;
	fb_fail(FB_EXIT_USAGE,
		"--%s takes a rate such as 500kbit or 20mbit, from 8kbit to 400gbit, not "
		"\"%.40s\"",
		option, text);
	return false;
}

static int run_limit(void *opts_, char *const *args, unsigned int n)
{
	const struct opts *opts = opts_;
	struct rates rates = {0};

	(void)n;
	if (!opts->up && !opts->down)
		return fb_fail(FB_EXIT_USAGE, "limit needs --up RATE, --down RATE, or both");
	if (!take_rate("up", opts->up, &rates.up) || !take_rate("down", opts->down, &rates.down))
		return FB_EXIT_USAGE;
	return make(opts, &rates, "limit", args[0]);
}

const struct fb_verb fb_cmd_block = {
	.name = "block",
	.args = "WHAT",
	.summary = "Drop what an address, a prefix or a filter says, for an hour",
	.about =
		"A prefix is dropped from its first packet on, both ways; what a filter says, within\n"
		"a second of being known. \"flowbpf rules\" lists what is in force and what it\n"
		"stopped, \"flowbpf undo\" takes it back. Some are never blocked: this machine, its\n"
		"gateways and resolvers, who has an SSH session with it or asks for this.\n\n"
		"  flowbpf block 203.0.113.0/24 --for 1d --reason 'scans'\n"
		"  flowbpf block 'dst.host = *.example.com and src.ip = 192.168.1.20'\n"
		"  flowbpf block 'list = NAME'           # of attach --list NAME=FILE: all of it\n"
		"  flowbpf block 'dst.country = XX' --permanent\n",
	.opts = options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run_block,
};

const struct fb_verb fb_cmd_allow = {
	.name = "allow",
	.args = "WHAT",
	.summary = "Make an exception, which wins over what is blocked",
	.about =
		"While there is one about what no packet shows, as a country, all is dropped within\n"
		"a second only.\n",
	.opts = options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run_allow,
};

const struct fb_verb fb_cmd_limit = {
	.name = "limit",
	.args = "WHAT",
	.summary = "Hold what an address, a prefix or a filter says to a rate, for an hour",
	.about =
		"Its packets wait in a queue that sends them at that rate; the others never meet it.\n"
		"Up is what the inside host sends and down what it gets: the internal end of a\n"
		"connection, where that is both or none this machine, else who opened it.\n"
		"\"flowbpf rules\" and \"flowbpf undo\" know it as they know what is blocked.\n\n"
		"  flowbpf limit 192.168.1.20 --down 20mbit --up 2mbit --for 2h\n"
		"  flowbpf limit 192.168.1.0/24 --down 5mbit --per host\n"
		"  flowbpf limit 'dst.host = *.example.com' --down 500kbit --permanent\n",
	.opts = limit_options,
	.opts_size = sizeof(struct opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run_limit,
};
