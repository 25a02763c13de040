/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf kill: end one connection, or all that match, for both of their ends. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/forget_many.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/act.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/json.h"

static const struct fb_forget_opts defaults = {.socket = FB_DEFAULT_SOCKET, .kill = true};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct fb_forget_opts),
	FB_FORGET_MANY_OPTS,
	{0},
};

static void write_body(struct fb_buf *body, const char *reason)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "reason", reason);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
}

static int kill_one(const struct fb_forget_opts *opts, const char *id)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_(fb_jsontree_freep) struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT, text = FB_BUF_INIT;
	const size_t len = strlen(id);

	if (!len || len > 16 || strspn(id, "0123456789abcdef") != len)
		return fb_fail(FB_EXIT_USAGE,
			       "kill takes the id of a flow, as \"flowbpf flows --fields id\" "
			       "shows it, not \"%.40s\"; --filter takes an expression",
			       id);
	fb_buf_addf(&target, "/api/v1/flows/%s/kill", id);
	fb_buf_addc(&target, '\0');
	if (opts->reason)
		write_body(&body, opts->reason);
	if (fb_buf_error(&target) || fb_buf_error(&body))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = opts->reason ? body.data : NULL;
	if (fb_daemon_call(&daemon, "POST", target.data, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%s: %s\n", id,
	       fb_jsontree_is_true(fb_jsontree_get(answer, "ended"))
		       ? "ended"
		       : "it is silent: its next packet ends it, within 5 minutes");
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct fb_forget_opts *opts = opts_;

	if (fb_forget_check(opts, n))
		return FB_EXIT_USAGE;
	return n ? kill_one(opts, args[0]) : fb_forget_matching(opts);
}

const struct fb_verb fb_cmd_kill = {
	.name = "kill",
	.args = "[ID]",
	.summary = "End one connection, or all that match, for both ends",
	.about = "Of TCP both ends get a RST. What is not TCP is dropped for 30 seconds. Then the\n"
		 "conntrack entry is deleted. Some are never ended: SSH with this machine, the\n"
		 "connection by which you ask, gateways, resolvers, DHCP, NTP, routing.\n\n"
		 "  flowbpf flows --fields id,src,dst --filter 'dst.host = example.com'\n"
		 "  flowbpf kill 9f2c51e07ab31d44 --reason 'an upload that nobody knows of'\n\n"
		 "Of many, at most 200, those that are shown first are ended and no others:\n\n"
		 "  flowbpf kill --filter 'src = 10.0.0.17 and dst.country = KP'\n",
	.opts = options,
	.opts_size = sizeof(struct fb_forget_opts),
	.defaults = &defaults,
	.max_args = 1,
	.run = run,
};
