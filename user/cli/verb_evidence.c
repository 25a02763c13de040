/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf evidence: what the history has of a host or of any flows, in an archive to hand over. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "util/cleanup.h"

struct evidence_opts {
	const char *socket, *host, *filter, *since, *until, *output;
};

static const struct evidence_opts defaults = {
	.socket = FB_DEFAULT_SOCKET, .since = "1d", .output = "-"};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct evidence_opts),
	{.name = "host",
	 .arg = "ADDRESS",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct evidence_opts, host),
	 .help = "only flows of this address or network, at either end"},
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct evidence_opts, filter),
	 .help = "only flows that match"},
	{.name = "since",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct evidence_opts, since),
	 .help = "what was written since: 2h, 3d, 2026-11-21T01:20:00Z (1d)"},
	{.name = "until",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct evidence_opts, until),
	 .help = "... and until (now)"},
	{.name = "output",
	 .letter = 'o',
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct evidence_opts, output),
	 .help = "write there, FILE.tar.gz, instead of stdout"},
	{0},
};

struct out {
	FILE *file;
	uint64_t bytes;
	struct fb_progress progress;
};

static int write_out(void *ctx, const char *data, size_t len)
{
	struct out *out = ctx;

	out->bytes += len;
	fb_progress_show(&out->progress, -1, out->bytes >> 10);
	return fwrite(data, 1, len, out->file) == len ? 0 : -errno;
}

static int ask(const struct evidence_opts *opts, struct out *out)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	int r;

	fb_buf_adds(&target, "/api/v1/evidence.tar.gz");
	fb_daemon_param(&target, "since", opts->since);
	fb_daemon_param(&target, "until", opts->until);
	fb_daemon_param(&target, "ip", opts->host);
	fb_daemon_param(&target, "filter", opts->filter);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	r = fb_daemon_ask(&daemon, "GET", target.data, write_out, out);
	fb_progress_end(&out->progress);
	return r ? fb_fail(daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			   daemon.why.text)
		 : FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct evidence_opts *opts = opts_;
	const bool to_stdout = !strcmp(opts->output, "-");
	_cleanup_output_ struct fb_output file = {0};
	struct out out = {.file = stdout, .progress.unit = "kB"};
	int r = to_stdout ? 0 : fb_output_open(&file, opts->output);

	(void)args;
	(void)n;
	if (to_stdout && isatty(STDOUT_FILENO))
		return fb_fail(FB_EXIT_USAGE, "an archive is nothing for a terminal: name a file, "
					      "--output evidence.tar.gz");
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output,
			       r == -ELOOP ? "is a link: name the file itself" : strerror(-r));
	if (!to_stdout)
		out.file = file.file;
	r = ask(opts, &out);
	if (r != FB_EXIT_DONE || to_stdout)
		return r;
	r = fb_output_finish(&file);
	return r ? fb_fail(FB_EXIT_FAILED, "%s: %s", opts->output, strerror(-r)) : FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_evidence = {
	.name = "evidence",
	.args = "",
	.summary = "Hand over what the history has of a host: an archive with digests",
	.about = "Flows, log, acts, windows and runs of that time, and SHA256SUMS for sha256sum "
		 "-c:\n"
		 "  flowbpf evidence --host 10.0.1.7 --since 2h --output case.tar.gz\n",
	.opts = options,
	.opts_size = sizeof(struct evidence_opts),
	.defaults = &defaults,
	.run = run,
};
