/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf panic: all verdicts off, first in the kernel, which needs no daemon; then the daemon is
 * told who did it and why, or where there is none its state folder, for the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/act.h"
#include "engine/rulebook.h"
#include "kernel/panic.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/json.h"

#define IFACES_MOST 64
#define PATIENCE_S  3

struct opts {
	const char *socket, *state, *reason;
	bool off;
};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct opts),
	{.name = "state",
	 .arg = "DIR",
	 .type = FB_OPT_FILE,
	 .offset = offsetof(struct opts, state),
	 .help = "the state folder of a daemon that does not run (/var/lib/flowbpf)"},
	{.name = "off",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct opts, off),
	 .help = "the panic is over: rules are in force again"},
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct opts, reason),
	 .help = "why, for the record: at most 200 bytes"},
	{0},
};

/* Their numbers, or an exit code. */
static int find(char *const *names, unsigned int n, uint32_t *ifindexes)
{
	for (unsigned int i = 0; i < n; i++) {
		ifindexes[i] = if_nametoindex(names[i]);
		if (!ifindexes[i])
			return fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\" here",
				       names[i]);
	}
	return FB_EXIT_DONE;
}

/* A daemon has it, and it is on its record. */
static bool tell_daemon(const struct opts *opts, struct fb_why *why)
{
	struct fb_daemon daemon = {.socket = opts->socket ? opts->socket : FB_DEFAULT_SOCKET,
				   .patience_s = PATIENCE_S};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, text = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_bool(&json, "on", !opts->off);
	if (opts->reason)
		fb_json_kv_str(&json, "reason", opts->reason);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&body))
		return false;
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", "/api/v1/panic", &text, &answer) == 0)
		return true;
	*why = daemon.why;
	return false;
}

/* The next start knows it. */
static bool keep(const struct opts *opts)
{
	const char *text = opts->off ? "off\n" : "on\n";
	_cleanup_close_ int folder = open(opts->state ? opts->state : "/var/lib/flowbpf",
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return folder >= 0 &&
	       fb_file_replace(folder, FB_RULEBOOK_PANIC, text, strlen(text), 0600) == 0;
}

static int tell(const struct opts *opts, int halves, bool told, bool kept)
{
	printf("%s",
	       opts->off ? "rules are in force again" : "no rule is in force, nothing is ended");
	printf(": written to %d kernel %s", halves > 0 ? halves : 0,
	       halves == 1 ? "half" : "halves");
	printf("%s\n", told   ? ", the daemon has it on record"
		       : kept ? ", and kept for the next start"
			      : ", no daemon was told");
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct opts *opts = opts_;
	uint32_t ifindexes[IFACES_MOST] = {0};
	struct fb_why why = {""}, silent = {""};
	const int code = find(args, n, ifindexes);
	bool told, kept;
	int halves;

	if (code != FB_EXIT_DONE)
		return code;
	if (opts->reason && strlen(opts->reason) > FB_ACT_REASON)
		return fb_fail(FB_EXIT_USAGE, "--reason takes %d bytes at most", FB_ACT_REASON);
	halves = fb_panic_write(!opts->off, ifindexes, n, &why);
	told = (!n || opts->socket) && tell_daemon(opts, &silent);
	kept = !told && (!n || opts->state) && keep(opts);
	if (halves < 0 && !told)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (halves <= 0 && !told && !kept)
		return fb_fail(FB_EXIT_FAILED, "no kernel half of flowbpf is attached%s",
			       n ? " there" : "");
	return tell(opts, halves, told, kept);
}

const struct fb_verb fb_cmd_panic = {
	.name = "panic",
	.args = "[IFACE...]",
	.summary = "All verdicts off at once: nothing is blocked or ended, also without a daemon",
	.about =
		"One word in the kernel, of all of this machine, or of those that are attached to IFACE.\n"
		"It works with the daemon hung or killed. The rules are not lost: --off brings them\n"
		"back; so long none is in force, also after a restart.\n",
	.opts = options,
	.opts_size = sizeof(struct opts),
	.max_args = IFACES_MOST,
	.run = run,
};
