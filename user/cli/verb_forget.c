/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf forget ID: delete the conntrack entry of one flow, through the daemon's one door. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/act.h"
#include "util/buf.h"

struct forget_opts {
	const char *socket, *reason;
};

static const struct forget_opts defaults = {FB_DEFAULT_SOCKET, NULL};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct forget_opts),
	{.name = "reason",
	 .arg = "TEXT",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct forget_opts, reason),
	 .help = "why, for the daemon's log: at most 200 bytes"},
	{0},
};

static int drop(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct forget_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	size_t len = strlen(args[0]);

	(void)n;
	if (!len || len > 16 || strspn(args[0], "0123456789abcdef") != len)
		return fb_fail(FB_EXIT_USAGE,
			       "forget takes the id of a flow, as \"flowbpf flows --fields id\" "
			       "shows it, not \"%.40s\"",
			       args[0]);
	if (opts->reason && strlen(opts->reason) > FB_ACT_REASON)
		return fb_fail(FB_EXIT_USAGE, "--reason takes %d bytes at most", FB_ACT_REASON);
	fb_buf_addf(&target, "/api/v1/flows/%s", args[0]);
	if (opts->reason) {
		fb_buf_adds(&target, "?reason=");
		fb_daemon_escape(&target, opts->reason);
	}
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_ask(&daemon, "DELETE", target.data, drop, NULL))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%s: the kernel forgot the connection\n", args[0]);
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_forget = {
	.name = "forget",
	.args = "ID",
	.summary = "Delete the conntrack entry of one flow",
	.about = "This does not stop a TCP connection: its next packet is picked up again\n"
		 "(net.netfilter.nf_conntrack_tcp_loose). Behind NAT it gets a new mapping.\n\n"
		 "  flowbpf flows --fields id,src,dst --filter 'dst.port = 5060'\n"
		 "  flowbpf forget 9f2c51e07ab31d44 --reason 'stale mapping'\n",
	.opts = options,
	.opts_size = sizeof(struct forget_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
