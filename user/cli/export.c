/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf export: every matching flow of the daemon, streamed to stdout or a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/http.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/scope.h"

struct export_opts {
	const char *socket, *format, *filter, *live, *output;
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
	{.name = "output",
	 .letter = 'o',
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct export_opts, output),
	 .help = "write there instead of stdout"},
	{0},
};

static int write_out(void *file, const char *data, size_t len)
{
	return fwrite(data, 1, len, file) == len ? 0 : -errno;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct export_opts *opts = opts_;
	struct fb_http http = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	_cleanup_fclose_ FILE *file = NULL;

	(void)args;
	(void)n;
	fb_buf_addf(&target, "/api/v1/export.%s?live=%s", opts->format, opts->live);
	if (opts->filter) {
		fb_buf_adds(&target, "&filter=");
		fb_http_escape(&target, opts->filter);
	}
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (opts->output) {
		file = fopen(opts->output, "we");
		if (!file)
			return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output, strerror(errno));
	}
	if (fb_http_request(&http, "GET", target.data, NULL, write_out, file ? file : stdout))
		return fb_fail(http.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s", http.why);
	if (file && fflush(file))
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output, strerror(errno));
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_export = {
	.name = "export",
	.args = "",
	.summary = "Write every flow that matches, live and closed, as NDJSON, JSON or CSV",
	.about = "  flowbpf export --format csv --filter 'port = 443' --output flows.csv\n",
	.opts = options,
	.opts_size = sizeof(struct export_opts),
	.defaults = &defaults,
	.run = run,
};
