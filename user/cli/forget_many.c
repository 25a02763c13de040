/* SPDX-License-Identifier: BSD-2-Clause */
/* Many entries at once: a count and a sample, a question, and progress on a terminal. */
#include "cli/forget_many.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "engine/act.h"
#include "util/clock.h"
#include "util/fmt.h"
#include "util/json.h"

#define POLL_MS 200

static const char *number(const struct fb_jsontree *at, const char *path,
			  char text[static FB_FMT_STRLEN])
{
	return fb_fmt_count(fb_jsontree_u64(fb_jsontree_get(at, path)), text);
}

int fb_forget_check(const struct fb_forget_opts *opts, unsigned int n)
{
	if (n && (opts->yes || opts->dry_run || opts->at_most))
		return fb_fail(FB_EXIT_USAGE, "--yes, --dry-run and --at-most are for --filter%s",
			       opts->kill ? "" : " and --all");
	if (opts->reason && strlen(opts->reason) > FB_ACT_REASON)
		return fb_fail(FB_EXIT_USAGE, "--reason takes %d bytes at most", FB_ACT_REASON);
	if (opts->filter && !opts->filter[strspn(opts->filter, " \t\r\n")])
		return fb_fail(FB_EXIT_USAGE, "an empty filter matches every flow: %s",
			       opts->kill ? "name one" : "say --all");
	if (opts->kill && n + !!opts->filter != 1)
		return fb_fail(FB_EXIT_USAGE,
			       "kill needs an ID or --filter EXPR, and one of them only");
	return FB_EXIT_DONE;
}

/* --- what is about to be deleted ------------------------------------------------------------- */

static void add_end(struct fb_grid *grid, const struct fb_jsontree *flow, const char *end)
{
	const struct fb_jsontree *at = fb_jsontree_get(flow, end);
	const char *ip = fb_jsontree_str(fb_jsontree_get(at, "ip"));
	const struct fb_jsontree *port = fb_jsontree_get(at, "port");
	const bool six = strchr(ip, ':');

	if (fb_jsontree_is_null(port))
		fb_grid_cells(grid, FB_TEXT_PLAIN, ip);
	else
		fb_grid_cellf(grid, FB_TEXT_PLAIN, "%s%s%s:%llu", six ? "[" : "", ip,
			      six ? "]" : "", (unsigned long long)fb_jsontree_u64(port));
}

static void add_row(struct fb_grid *grid, const struct fb_jsontree *flow)
{
	static const char *const paths[] = {"dst.host", "proto", "state", "nat.src"};

	add_end(grid, flow, "src");
	add_end(grid, flow, "dst");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		fb_grid_cells(grid, FB_TEXT_PLAIN,
			      fb_jsontree_str(fb_jsontree_get(flow, paths[i])));
}

static void show_sample(const struct fb_jsontree *preview)
{
	static const struct {
		const char *title;
		unsigned int least;
	} columns[] = {{"SOURCE", 0}, {"DESTINATION", 0}, {"NAME", 12},
		       {"PROTO", 0},  {"STATE", 0},	  {"BEHIND NAT", 0}};
	const struct fb_jsontree *flow = fb_jsontree_first(fb_jsontree_get(preview, "sample"));
	const uint64_t matched = fb_jsontree_u64(fb_jsontree_get(preview, "matched"));
	_cleanup_grid_ struct fb_grid grid = {0};
	char more[FB_FMT_STRLEN];
	uint64_t shown = 0;

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		fb_grid_column(&grid, columns[i].title, false, columns[i].least);
	for (; flow; flow = fb_jsontree_next(flow), shown++)
		add_row(&grid, flow);
	if (!shown)
		return;
	fb_grid_print(&grid, stdout, fb_text_width(stdout), fb_text_colours(stdout));
	if (matched > shown)
		printf("... and %s more\n", fb_fmt_count(matched - shown, more));
}

/* True if it may go on; else *ret_code is what to exit with. */
static bool may_go_on(const struct fb_forget_opts *opts, const char *count, int *ret_code)
{
	char answer[16] = "";

	*ret_code = FB_EXIT_DONE;
	if (opts->dry_run)
		return false;
	if (opts->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		*ret_code =
			fb_fail(FB_EXIT_USAGE,
				"nothing was %s: without a terminal to ask on, %s needs --yes",
				opts->kill ? "ended" : "deleted", opts->kill ? "kill" : "forget");
		return false;
	}
	printf(opts->kill ? "End these %s connections? [y/N] "
			  : "Delete these %s conntrack entries? [y/N] ",
	       count);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	*ret_code = fb_fail(FB_EXIT_FAILED, "nothing was %s", opts->kill ? "ended" : "deleted");
	return false;
}

/* --- by a filter ----------------------------------------------------------------------------- */

static int call(struct fb_daemon *daemon, const char *method, struct fb_buf *target,
		struct fb_jsontree **ret_answer)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;

	fb_buf_addc(target, '\0');
	if (fb_buf_error(target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_call(daemon, method, target->data, &body, ret_answer))
		return fb_fail(daemon->status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon->why.text);
	return FB_EXIT_DONE;
}

/* A question with a document of one or two texts; a NULL value is left out. */
static int ask(struct fb_daemon *daemon, const char *method, const char *path,
	       const char *const texts[4], struct fb_jsontree **ret_answer)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	struct fb_json json;
	int code;

	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_str(&json, texts[0], texts[1]);
	fb_json_kv_str(&json, texts[2], texts[3]);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	fb_buf_adds(&target, path);
	if (fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon->body = body.data;
	code = call(daemon, method, &target, ret_answer);
	daemon->body = NULL;
	return code;
}

static int preview(struct fb_daemon *daemon, const struct fb_forget_opts *opts,
		   struct fb_jsontree **ret_preview)
{
	const char *const texts[] = {"verb", opts->kill ? "kill" : "forget", "filter",
				     opts->filter};

	return ask(daemon, "POST", "/api/v1/acts/preview", texts, ret_preview);
}

/* The deletion of that number, in the daemon's list; NULL: it is not told of any more. */
static const struct fb_jsontree *find(const struct fb_jsontree *list, uint64_t deletion)
{
	const struct fb_jsontree *at = fb_jsontree_first(fb_jsontree_get(list, "items"));

	while (at && fb_jsontree_u64(fb_jsontree_get(at, "deletion")) != deletion)
		at = fb_jsontree_next(at);
	return at;
}

void fb_forget_write_end(struct fb_buf *buf, const struct fb_jsontree *state, bool kill)
{
	char done[FB_FMT_STRLEN], gone[FB_FMT_STRLEN], failed[FB_FMT_STRLEN];
	const uint64_t n_gone = fb_jsontree_u64(fb_jsontree_get(state, "gone"));
	const uint64_t n_failed = fb_jsontree_u64(fb_jsontree_get(state, "failed"));

	fb_buf_addf(buf,
		    kill ? "%s connections ended, or with their next packet"
			 : "%s conntrack entries deleted",
		    number(state, "done", done));
	if (n_gone)
		fb_buf_addf(buf, ", %s had gone already", fb_fmt_count(n_gone, gone));
	if (n_failed)
		fb_buf_addf(buf, ", %s refused", fb_fmt_count(n_failed, failed));
	fb_buf_addc(buf, '\n');
}

static void print(struct fb_buf *buf)
{
	fb_buf_addc(buf, '\0');
	if (!fb_buf_error(buf))
		fputs(buf->data, stdout);
}

static void tell_end(const struct fb_forget_opts *opts, const struct fb_jsontree *state)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_forget_write_end(&buf, state, opts->kill);
	print(&buf);
}

/* Look after a long one until it ends. */
static int follow(struct fb_daemon *daemon, const struct fb_forget_opts *opts, uint64_t deletion)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * FB_NS_PER_MS};
	struct fb_progress progress = {.unit = opts->kill ? "connections" : "entries"};

	for (;;) {
		_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
		_cleanup_jsontree_ struct fb_jsontree *list = NULL;
		const struct fb_jsontree *state;
		int code;

		nanosleep(&pause, NULL);
		fb_buf_adds(&target, "/api/v1/deletions");
		code = call(daemon, "GET", &target, &list);
		if (code != FB_EXIT_DONE)
			return code;
		state = find(list, deletion);
		if (!state)
			return fb_fail(FB_EXIT_FAILED, "the daemon was started anew in between");
		fb_progress_show_of(&progress, fb_jsontree_u64(fb_jsontree_get(state, "done")),
				    fb_jsontree_u64(fb_jsontree_get(state, "entries")));
		if (fb_jsontree_is_true(fb_jsontree_get(state, "running")))
			continue;
		fb_progress_end(&progress);
		tell_end(opts, state);
		return fb_jsontree_u64(fb_jsontree_get(state, "failed")) ? FB_EXIT_FAILED
									 : FB_EXIT_DONE;
	}
}

/* Those that were shown, and no others. */
static int delete_shown(struct fb_daemon *daemon, const struct fb_forget_opts *opts,
			const struct fb_jsontree *seen)
{
	const char *token = fb_jsontree_str(fb_jsontree_get(seen, "token"));
	const char *const texts[] = {"token", token, "reason", opts->reason};
	_cleanup_jsontree_ struct fb_jsontree *state = NULL;
	int code = ask(daemon, "POST", "/api/v1/acts", texts, &state);

	if (code != FB_EXIT_DONE)
		return code;
	if (fb_jsontree_is_true(fb_jsontree_get(state, "running")))
		return follow(daemon, opts, fb_jsontree_u64(fb_jsontree_get(state, "deletion")));
	tell_end(opts, state);
	return fb_jsontree_u64(fb_jsontree_get(state, "failed")) ? FB_EXIT_FAILED : FB_EXIT_DONE;
}

void fb_forget_write_preview(struct fb_buf *buf, const struct fb_jsontree *seen, bool kill)
{
	const struct fb_jsontree *out = fb_jsontree_first(fb_jsontree_get(seen, "left_out"));
	char matched[FB_FMT_STRLEN], entries[FB_FMT_STRLEN], hosts[FB_FMT_STRLEN];
	char up[FB_FMT_STRLEN], down[FB_FMT_STRLEN];

	fb_buf_addf(buf, "Flows that match: %s, %s: %s; hosts: %s, bytes: %s up, %s down\n",
		    number(seen, "matched", matched),
		    kill ? "to be ended" : "with a conntrack entry",
		    number(seen, "entries", entries), number(seen, "hosts", hosts),
		    fb_fmt_bytes(fb_jsontree_u64(fb_jsontree_get(seen, "bytes.up")), up),
		    fb_fmt_bytes(fb_jsontree_u64(fb_jsontree_get(seen, "bytes.down")), down));
	for (; out; out = fb_jsontree_next(out))
		fb_buf_addf(buf, "left alone, %s: %s\n",
			    fb_jsontree_str(fb_jsontree_get(out, "detail")),
			    number(out, "flows", matched));
}

int fb_forget_matching(const struct fb_forget_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_jsontree_ struct fb_jsontree *seen = NULL;
	_cleanup_buf_ struct fb_buf told = FB_BUF_INIT;
	char entries[FB_FMT_STRLEN];
	uint64_t matched;
	int code = preview(&daemon, opts, &seen);

	if (code != FB_EXIT_DONE)
		return code;
	show_sample(seen);
	fb_forget_write_preview(&told, seen, opts->kill);
	print(&told);
	matched = fb_jsontree_u64(fb_jsontree_get(seen, "matched"));
	number(seen, "entries", entries);
	if (!strcmp(entries, "0") || !may_go_on(opts, entries, &code))
		return code;
	if (opts->at_most && matched > opts->at_most)
		return fb_fail(FB_EXIT_FAILED,
			       "nothing was %s: flows that match: %llu, more than --at-most %u",
			       opts->kill ? "ended" : "deleted", (unsigned long long)matched,
			       opts->at_most);
	return delete_shown(&daemon, opts, seen);
}

/* --- all ------------------------------------------------------------------------------------- */

static int flush(struct fb_daemon *daemon, const struct fb_forget_opts *opts)
{
	const char *const texts[] = {"confirm", "flush", "reason", opts->reason};
	_cleanup_jsontree_ struct fb_jsontree *done = NULL;
	char text[FB_FMT_STRLEN];
	int code = ask(daemon, "DELETE", "/api/v1/conntrack", texts, &done);

	if (code == FB_EXIT_DONE)
		printf("%s conntrack entries deleted\n", number(done, "done", text));
	return code;
}

int fb_forget_all(const struct fb_forget_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *summary = NULL;
	char entries[FB_FMT_STRLEN];
	int code;

	fb_buf_adds(&target, "/api/v1/summary");
	code = call(&daemon, "GET", &target, &summary);
	if (code != FB_EXIT_DONE)
		return code;
	printf("The whole conntrack table has %s entries: connections lose their translation, and\n"
	       "stateful rules see them as new, your own session to this machine among them\n",
	       number(summary, "conntrack.entries", entries));
	if (!may_go_on(opts, entries, &code))
		return code;
	return flush(&daemon, opts);
}
