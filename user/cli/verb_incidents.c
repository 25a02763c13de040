/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf incidents: what the judge's flows come to; flowbpf incident silence, unsilence. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/json.h"

#define INCIDENTS    "/api/v1/incidents"
#define SILENCES     "/api/v1/incident-silences"
#define SILENCE_MOST 31536000

static const char *const severities[] = {"low", "medium", "high", NULL};

struct incidents_opts {
	const char *socket, *severity, *kind, *host;
	bool json, open, silenced, silences;
};

static const struct incidents_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct incidents_opts),
	{.name = "severity",
	 .arg = "WORD",
	 .type = FB_OPT_CHOICE,
	 .choices = severities,
	 .offset = offsetof(struct incidents_opts, severity),
	 .help = "low, medium or high: only these and what is worse"},
	{.name = "kind",
	 .arg = "KIND",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct incidents_opts, kind),
	 .help = "only those of this kind of evidence, such as scan"},
	{.name = "host",
	 .arg = "ADDR",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct incidents_opts, host),
	 .help = "only those of this host"},
	{.name = "open",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct incidents_opts, open),
	 .help = "only those that go on"},
	{.name = "silenced",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct incidents_opts, silenced),
	 .help = "those that are silenced, too"},
	{.name = "silences",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct incidents_opts, silences),
	 .help = "what is silenced instead, by number"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct incidents_opts, json),
	 .help = "the API's answer as it is"},
	{0},
};

/* --- flowbpf incidents ------------------------------------------------------------------------ */

static enum fb_text_style style_of(const struct fb_jsontree *item)
{
	const bool open = !strcmp(fb_items_text(item, "state"), "open");

	return !open						  ? FB_TEXT_DIM
	       : !strcmp(fb_items_text(item, "severity"), "high") ? FB_TEXT_BAD
								  : FB_TEXT_WARN;
}

static void add_incident(struct fb_grid *table, const struct fb_jsontree *item)
{
	const enum fb_text_style style = style_of(item);
	const char *peer = fb_items_text(item, "peer");

	fb_grid_cells(table, style, fb_items_text(item, "severity"));
	fb_grid_cells(table, style, fb_items_text(item, "state"));
	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "kind"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "host"));
	fb_items_add_number(table, fb_items_number(item, "flows"));
	if (*peer)
		fb_grid_cells(table, FB_TEXT_PLAIN, peer);
	else
		fb_items_add_number(table, fb_items_number(item, "peers"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "sentence"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "last"));
}

static const struct fb_items_column incident_columns[] = {
	{"SEVERITY", false, 0, 0}, {"STATE", false, 0, 2}, {"KIND", false, 0, 0},
	{"HOST", false, 0, 0},	   {"FLOWS", true, 0, 0},  {"PEERS", true, 0, 1},
	{"WHY", false, 24, 0},	   {"LAST", false, 0, 3},
};

static const struct fb_items incidents = {
	incident_columns, sizeof(incident_columns) / sizeof(*incident_columns), add_incident};

static const char *or_any(const char *text)
{
	return *text ? text : "any";
}

static void add_silence(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *until = fb_items_text(item, "until");

	fb_items_add_number(table, fb_items_number(item, "id"));
	fb_grid_cells(table, FB_TEXT_BOLD, or_any(fb_items_text(item, "kind")));
	fb_grid_cells(table, FB_TEXT_PLAIN, or_any(fb_items_text(item, "host")));
	fb_grid_cells(table, FB_TEXT_PLAIN, or_any(fb_items_text(item, "peer")));
	fb_grid_cells(table, FB_TEXT_PLAIN, *until ? until : "for good");
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "by"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "reason"));
}

static const struct fb_items_column silence_columns[] = {
	{"ID", true, 0, 0},	 {"KIND", false, 0, 0},	 {"HOST", false, 0, 0},
	{"PEER", false, 0, 0},	 {"UNTIL", false, 0, 0}, {"BY", false, 0, 2},
	{"REASON", false, 8, 1},
};

static const struct fb_items silences = {
	silence_columns, sizeof(silence_columns) / sizeof(*silence_columns), add_silence};

static void add_target(struct fb_buf *target, const struct incidents_opts *opts)
{
	if (opts->silences) {
		fb_buf_adds(target, SILENCES);
	} else {
		fb_buf_adds(target, INCIDENTS "?limit=1000");
		fb_daemon_param(target, "severity", opts->severity);
		fb_daemon_param(target, "kind", opts->kind);
		fb_daemon_param(target, "host", opts->host);
		fb_daemon_param(target, "state", opts->open ? "open" : NULL);
		fb_daemon_param(target, "silenced", opts->silenced ? "all" : NULL);
	}
	fb_buf_addc(target, '\0');
}

static int run_incidents(void *opts_, char *const *args, unsigned int n)
{
	const struct incidents_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	(void)args;
	(void)n;
	add_target(&target, opts);
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_get(&daemon, target.data, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	return fb_items_print(opts->silences ? &silences : &incidents, answer, &body, opts->json);
}

const struct fb_verb fb_cmd_incidents = {
	.name = "incidents",
	.args = "",
	.summary = "What the judge said of many flows, as one line a host and kind",
	.about =
		"The worst first. One is open until no flow of it came for an hour, and is listed for\n"
		"a day more.\n",
	.opts = options,
	.opts_size = sizeof(struct incidents_opts),
	.defaults = &defaults,
	.run = run_incidents,
};

/* --- flowbpf incident ------------------------------------------------------------------------- */

struct incident_opts {
	const char *socket, *kind, *peer, *reason;
	uint32_t seconds;
};

static const struct incident_opts incident_defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt incident_options[] = {
	FB_OPT_SOCKET(struct incident_opts),
	{.name = "kind",
	 .arg = "KIND",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct incident_opts, kind),
	 .help = "silence: only this kind of the host"},
	{.name = "peer",
	 .arg = "ADDR",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct incident_opts, peer),
	 .help = "... only with this one"},
	{.name = "for",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = offsetof(struct incident_opts, seconds),
	 .least = 1,
	 .most = SILENCE_MOST,
	 .help = "... how long (for good)"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct incident_opts, reason),
	 .help = "why, for the record: at most 200 bytes"},
	{0},
};

/* An address has a dot or a colon; a kind is a word. */
static bool is_addr(const char *what)
{
	return strpbrk(what, ".:") != NULL;
}

static void write_silence(struct fb_buf *body, const struct incident_opts *opts, const char *what)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	if (is_addr(what))
		fb_json_kv_str(&json, "host", what);
	if (!is_addr(what) || opts->kind)
		fb_json_kv_str(&json, "kind", is_addr(what) ? opts->kind : what);
	if (opts->peer)
		fb_json_kv_str(&json, "peer", opts->peer);
	if (opts->seconds)
		fb_json_kv_u64(&json, "seconds", opts->seconds);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
}

static int silence(const struct incident_opts *opts, const char *what)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, text = FB_BUF_INIT;

	write_silence(&body, opts, what);
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", SILENCES, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("silence %" PRIu64 ": incidents of %s are not shown; \"flowbpf incident unsilence "
	       "%" PRIu64 "\" ends it\n",
	       fb_items_number(answer, "silence"), what, fb_items_number(answer, "silence"));
	return FB_EXIT_DONE;
}

static int unsilence(const struct incident_opts *opts, const char *id)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, text = FB_BUF_INIT;

	if (strspn(id, "0123456789") != strlen(id))
		return fb_fail(FB_EXIT_USAGE, "unsilence takes a number, as \"flowbpf incidents "
					      "--silences\" lists them");
	fb_buf_addf(&target, SILENCES "/%.20s", id);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_call(&daemon, "DELETE", target.data, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("silence %s is over\n", id);
	return FB_EXIT_DONE;
}

static int run_incident(void *opts_, char *const *args, unsigned int n)
{
	const struct incident_opts *opts = opts_;

	(void)n;
	if (!strcmp(args[0], "silence"))
		return silence(opts, args[1]);
	if (!strcmp(args[0], "unsilence"))
		return unsilence(opts, args[1]);
	return fb_fail(FB_EXIT_USAGE,
		       "incident knows \"silence KIND|HOST\" and \"unsilence ID\", not \"%.40s\"",
		       args[0]);
}

const struct fb_verb fb_cmd_incident = {
	.name = "incident",
	.args = "silence KIND|HOST|unsilence ID",
	.summary = "Do not show incidents of a kind, a host or a pair, those that were, too",
	.about =
		"What flows are said to be does not change. A silence is on the record of acts:\n\n"
		"  flowbpf incident silence 10.0.0.5 --kind beacon --peer 192.0.2.1 --reason backup\n",
	.opts = incident_options,
	.opts_size = sizeof(struct incident_opts),
	.defaults = &incident_defaults,
	.min_args = 2,
	.max_args = 2,
	.run = run_incident,
};
