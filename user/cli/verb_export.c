/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf export: every matching flow of the daemon, streamed to stdout or a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/cleanup.h"
#include "util/jsontree.h"

#define PAST_S 40 /* more than some hundred flows of history may take */

struct export_opts {
	const char *socket, *format, *filter, *live, *since, *until, *output, *anonymise;
	bool once;
};

static const struct export_opts defaults = {
	.socket = FB_DEFAULT_SOCKET, .format = "ndjson", .live = "both"};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct export_opts),
	{.name = "format",
	 .letter = 'F',
	 .arg = "FORMAT",
	 .type = FB_OPT_CHOICE,
	 .offset = offsetof(struct export_opts, format),
	 .choices = (const char *const[]){"ndjson", "json", "csv", NULL},
	 .help = "ndjson, json or csv (ndjson)"},
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct export_opts, filter),
	 .help = "only flows that match"},
	{.name = "live",
	 .arg = "WHICH",
	 .type = FB_OPT_CHOICE,
	 .offset = offsetof(struct export_opts, live),
	 .choices = (const char *const[]){"live", "closed", "both", NULL},
	 .help = "live, closed or both (both)"},
	{.name = "since",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct export_opts, since),
	 .help = "of history: what was written since: 2h, 3d, 2026-11-21T01:20:00Z"},
	{.name = "until",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct export_opts, until),
	 .help = "... and until (now)"},
	{.name = "anonymise",
	 .arg = "HOW",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct export_opts, anonymise),
	 .help = "addresses=off|truncate|prefix,names=off|domain|full: what is left out of each flow (nothing)"},
	{.name = "output",
	 .letter = 'o',
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct export_opts, output),
	 .help = "write there instead of stdout"},
	{.name = "once",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct export_opts, once),
	 .help = "of a hub: a connection that several sensors saw once"},
	{0},
};

struct out {
	FILE *file;
	bool inert, csv;
	uint64_t lines, flows; /* written; that match, 0: not known */
	struct fb_progress progress;
	struct fb_buf line; /* not complete yet */
};

static int write_line(struct out *out)
{
	_cleanup_buf_ struct fb_buf inert = FB_BUF_INIT;

	(out->csv ? fb_text_add_inert : fb_text_add_inert_json)(&inert, out->line.data,
								out->line.len);
	fb_buf_addc(&inert, '\n');
	fb_buf_clear(&out->line);
	if (fb_buf_error(&inert))
		return -ENOMEM;
	return fwrite(inert.data, 1, inert.len, out->file) == inert.len ? 0 : -errno;
}

/* Each form has a flow a line. */
static void count_lines(struct out *out, const char *data, size_t len)
{
	const char *at = data, *end = data + len;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		out->lines++;
		at++;
	}
	if (out->flows)
		fb_progress_show_of(&out->progress, out->lines, out->flows);
}

/* Flows come and go meanwhile: it is for the bar only. */
static void ask_how_many(struct fb_daemon *daemon, const char *params, size_t len, struct out *out)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *page = NULL;

	fb_buf_addf(&target, "/api/v1/flows?limit=1&fields=id&%.*s", (int)len, params);
	fb_buf_addc(&target, '\0');
	if (!fb_buf_error(&target) && !fb_daemon_get(daemon, target.data, &body, &page))
		out->flows = fb_jsontree_u64(fb_jsontree_get(page, "page.matched"));
}

/* A file gets the daemon's bytes, a terminal whole lines that do nothing to it. */
static int write_out(void *ctx, const char *data, size_t len)
{
	struct out *out = ctx;
	int r = 0;

	if (!out->inert) {
		count_lines(out, data, len);
		return fwrite(data, 1, len, out->file) == len ? 0 : -errno;
	}
	for (size_t i = 0; i < len && !r; i++)
		if (data[i] == '\n')
			r = write_line(out);
		else if (data[i] != '\r')
			fb_buf_addc(&out->line, data[i]);
	return r ? r : fb_buf_error(&out->line);
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct export_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	_cleanup_output_ struct fb_output file = {0};
	struct out out = {
		.file = stdout, .csv = !strcmp(opts->format, "csv"), .progress.unit = "flows"};
	const char *params;
	size_t which;
	int r;

	(void)args;
	(void)n;
	fb_buf_addf(&target, "/api/v1/export.%s?live=%s", opts->format, opts->live);
	fb_daemon_param(&target, "filter", opts->filter);
	if (opts->since || opts->until) {
		fb_daemon_param(&target, "source", "history");
		daemon.patience_s = PAST_S;
	}
	fb_daemon_param(&target, "since", opts->since);
	fb_daemon_param(&target, "until", opts->until);
	fb_daemon_param(&target, "once", opts->once ? "true" : NULL);
	which = target.len;
	fb_daemon_param(&target, "anonymise", opts->anonymise);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	params = strchr(target.data, '?') + 1;
	r = opts->output ? fb_output_open(&file, opts->output) : 0;
	if (r == -ELOOP)
		return fb_fail(FB_EXIT_FAILED, "%s is a link: name the file itself", opts->output);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output, strerror(-r));
	if (opts->output)
		out.file = file.file;
	out.inert = isatty(fileno(out.file));
	if (!out.inert && isatty(STDERR_FILENO))
		ask_how_many(&daemon, params, (size_t)(target.data + which - params), &out);
	r = fb_daemon_ask(&daemon, "GET", target.data, write_out, &out);
	fb_progress_end(&out.progress);
	fb_buf_fini(&out.line);
	if (r)
		return fb_fail(daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon.why.text);
	r = opts->output ? fb_output_finish(&file) : 0;
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output, strerror(-r));
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_export = {
	.name = "export",
	.args = "",
	.summary = "Write all matching flows as NDJSON, JSON or CSV",
	.about =
		"  flowbpf export --format csv --filter 'port = 443' --output flows.csv\n"
		"  flowbpf export --since 1d --output yesterday.ndjson\n"
		"  flowbpf export --anonymise addresses=prefix,names=domain --output for_others.ndjson\n",
	.opts = options,
	.opts_size = sizeof(struct export_opts),
	.defaults = &defaults,
	.run = run,
};
