/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf forget: delete the conntrack entries of one flow, of many, or all of them. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/forget_many.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/act.h"
#include "util/buf.h"

static const struct fb_forget_opts defaults = {.socket = FB_DEFAULT_SOCKET};

#define AT(member) offsetof(struct fb_forget_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct fb_forget_opts),
	{.name = "all",
	 .type = FB_OPT_FLAG,
	 .offset = AT(all),
	 .help = "the whole conntrack table, whether flows are known or not"},
	FB_FORGET_MANY_OPTS,
	{0},
};

static int drop(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static int forget_one(const struct fb_forget_opts *opts, const char *id)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;
	size_t len = strlen(id);

	if (!len || len > 16 || strspn(id, "0123456789abcdef") != len)
		return fb_fail(FB_EXIT_USAGE,
			       "forget takes the id of a flow, as \"flowbpf flows --fields id\" "
			       "shows it, not \"%.40s\"; --filter takes an expression",
			       id);
	fb_buf_addf(&target, "/api/v1/flows/%s", id);
	fb_daemon_param(&target, "reason", opts->reason);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_ask(&daemon, "DELETE", target.data, drop, NULL))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%s: the kernel forgot the connection\n", id);
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct fb_forget_opts *opts = opts_;

	if (n + !!opts->filter + opts->all != 1)
		return fb_fail(FB_EXIT_USAGE, "forget needs an ID, --filter EXPR or --all, and one "
					      "of them only");
	if (fb_forget_check(opts, n))
		return FB_EXIT_USAGE;
	if (n)
		return forget_one(opts, args[0]);
	return opts->all ? fb_forget_all(opts) : fb_forget_matching(opts);
}

const struct fb_verb fb_cmd_forget = {
	.name = "forget",
	.args = "[ID]",
	.summary = "Delete the conntrack entry of one flow, of all that match, or all",
	.about = "This does not stop a TCP connection: its next packet is picked up again\n"
		 "(net.netfilter.nf_conntrack_tcp_loose). Behind NAT it gets a new mapping.\n\n"
		 "  flowbpf flows --fields id,src,dst --filter 'dst.port = 5060'\n"
		 "  flowbpf forget 9f2c51e07ab31d44 --reason 'stale mapping'\n\n"
		 "All connections of an uplink that failed, by its address outside:\n\n"
		 "  flowbpf forget --filter 'nat.src.ip = 203.0.113.1'\n",
	.opts = options,
	.opts_size = sizeof(struct fb_forget_opts),
	.defaults = &defaults,
	.max_args = 1,
	.run = run,
};
