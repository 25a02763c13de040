/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/history_erase.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/clock.h"
#include "util/fmt.h"
#include "util/json.h"

#define ERASURE "/api/v1/history/erasure"
#define POLL_MS 250

static int call(struct fb_daemon *daemon, const char *method, struct fb_buf *body,
		struct fb_jsontree **ret_answer)
{
	fb_buf_clear(body);
	if (fb_daemon_call(daemon, method, ERASURE, body, ret_answer))
		return fb_fail(daemon->status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon->why.text);
	return FB_EXIT_DONE;
}

static int begin(struct fb_daemon *daemon, const struct fb_history_erase *opts, bool dry_run,
		 struct fb_buf *body, struct fb_jsontree **ret_answer)
{
	_cleanup_buf_ struct fb_buf asked = FB_BUF_INIT;
	struct fb_json json;
	int code;

	fb_json_init(&json, &asked);
	fb_json_object(&json);
	if (opts->device)
		fb_json_kv_str(&json, "device", opts->device);
	if (opts->ip)
		fb_json_kv_str(&json, "ip", opts->ip);
	if (opts->mac)
		fb_json_kv_str(&json, "mac", opts->mac);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_kv_bool(&json, "dry_run", dry_run);
	fb_json_end(&json, '}');
	fb_buf_addc(&asked, '\0');
	if (fb_buf_error(&asked))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon->body = asked.data;
	code = call(daemon, "POST", body, ret_answer);
	daemon->body = NULL;
	return code;
}

/* Until that one is done: its last answer. */
static int follow(struct fb_daemon *daemon, uint64_t id, struct fb_buf *body,
		  struct fb_jsontree **ret_answer)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * FB_NS_PER_MS};
	struct fb_progress progress = {.unit = "rows"};

	for (;;) {
		int code = call(daemon, "GET", body, ret_answer);

		if (code != FB_EXIT_DONE)
			return code;
		if (fb_items_number(*ret_answer, "id") != id)
			return fb_fail(FB_EXIT_FAILED, "another one was asked for in between, or "
						       "the daemon was started anew");
		fb_progress_show(&progress, -1, fb_items_number(*ret_answer, "history.flows"));
		if (fb_jsontree_is_true(fb_jsontree_get(*ret_answer, "done")))
			break;
		fb_jsontree_freep(ret_answer);
		nanosleep(&pause, NULL);
	}
	fb_progress_end(&progress);
	return FB_EXIT_DONE;
}

/* --- what is told ----------------------------------------------------------------------------- */

static const struct {
	const char *path, *what;
} counts[] = {
	{"history.flows", "rows of flows"},
	{"history.shared", "names, MACs and the like that only these had"},
	{"history.sums", "sums over time"},
	{"history.windows", "windows that list an address"},
	{"history.events", "lines of the log"},
	{"history.acts", "acts (the record of acts keeps them)"},
	{"history.by_name", "of these lines and acts, by a name alone"},
	{"memory.names", "names of hosts"},
	{"memory.devices", "devices"},
	{"memory.ended", "flows that ended lately"},
	{"memory.judged", "habits, and what the judge was taught"},
	{"memory.incidents", "incidents and silences"},
	{"memory.alerts", "alerts and silences"},
	{"memory.peers", "reports of new peers"},
	{"memory.listed", "places in windows and series"},
	{"memory.lines", "lines of the log in memory"},
};

static void print_counts(const struct fb_jsontree *answer)
{
	char text[FB_FMT_STRLEN];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (fb_jsontree_get(answer, counts[i].path))
			printf("%10s  %s\n",
			       fb_fmt_count(fb_items_number(answer, counts[i].path), text),
			       counts[i].what);
}

static void print_line(const char *line)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_text_add_inert(&text, line, strlen(line));
	printf("  %.*s\n", (int)text.len, text.data ? text.data : "");
}

/* Whoever asks is to see whether somebody else's would go. */
static void print_lines(const struct fb_jsontree *answer)
{
	const struct fb_jsontree *line =
		fb_jsontree_first(fb_jsontree_get(answer, "history.lines"));
	const uint64_t plain = fb_items_number(answer, "plain_names");

	if (line)
		printf("By a name alone, for one:\n");
	for (; line; line = fb_jsontree_next(line))
		print_line(fb_jsontree_str(line));
	if (plain)
		printf("%" PRIu64 " of the names may mean something else: lines that have nothing "
		       "but such a name stay.\n",
		       plain);
}

static void print_whom(const struct fb_jsontree *begun)
{
	const struct fb_jsontree *addr = fb_jsontree_first(fb_jsontree_get(begun, "addresses"));
	const char *mac = fb_items_text(begun, "mac");

	printf("Traces of%s%s", *mac ? " " : "", mac);
	for (; addr; addr = fb_jsontree_next(addr))
		printf(" %s", fb_jsontree_str(addr));
	printf(":\n");
}

/* --- the verb --------------------------------------------------------------------------------- */

static int preview(struct fb_daemon *daemon, const struct fb_history_erase *opts)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *begun = NULL, *seen = NULL;
	int code = begin(daemon, opts, true, &body, &begun);

	if (code == FB_EXIT_DONE)
		code = follow(daemon, fb_items_number(begun, "id"), &body, &seen);
	if (code != FB_EXIT_DONE)
		return code;
	if (opts->json && opts->dry_run) {
		printf("%.*s\n", (int)body.len, body.data);
		return FB_EXIT_DONE;
	}
	print_whom(begun);
	print_counts(seen);
	print_lines(seen);
	return FB_EXIT_DONE;
}

static int may_go_on(const struct fb_history_erase *opts)
{
	char answer[16] = "";

	if (opts->yes)
		return FB_EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return fb_fail(FB_EXIT_USAGE, "nothing was erased: without a terminal to ask on, "
					      "history erase needs --yes");
	printf("Erase them, and what memory has? It cannot be undone. [y/N] ");
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return FB_EXIT_DONE;
	return fb_fail(FB_EXIT_FAILED, "nothing was erased");
}

static int erase(struct fb_daemon *daemon, const struct fb_history_erase *opts)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *begun = NULL, *gone = NULL;
	int code = begin(daemon, opts, false, &body, &begun);

	if (code == FB_EXIT_DONE)
		code = follow(daemon, fb_items_number(begun, "id"), &body, &gone);
	if (code != FB_EXIT_DONE)
		return code;
	if (opts->json) {
		printf("%.*s\n", (int)body.len, body.data);
		return FB_EXIT_DONE;
	}
	printf("Erased:\n");
	print_counts(gone);
	return FB_EXIT_DONE;
}

int fb_history_erase(const struct fb_history_erase *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	int code;

	if (!!opts->device + !!opts->ip + !!opts->mac != 1)
		return fb_fail(FB_EXIT_USAGE,
			       "history erase needs --device NAME, --ip ADDR or --mac "
			       "MAC, and one of them only");
	if (opts->yes && !opts->dry_run)
		return erase(&daemon, opts);
	code = preview(&daemon, opts);
	if (code == FB_EXIT_DONE && !opts->dry_run)
		code = may_go_on(opts);
	return code != FB_EXIT_DONE || opts->dry_run ? code : erase(&daemon, opts);
}
