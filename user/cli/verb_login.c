/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf login: a link that opens the page, good once. Who may have one the unix socket decides.
 */
#include <stddef.h>
#include <stdio.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/verb.h"

struct login_opts {
	const char *socket, *role;
	bool viewer;
};

static const struct login_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const char *const roles[] = {"viewer", "operator", "admin", NULL};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct login_opts),
	{.name = "role",
	 .arg = "ROLE",
	 .type = FB_OPT_CHOICE,
	 .choices = roles,
	 .offset = offsetof(struct login_opts, role),
	 .help = "viewer, operator or admin (what you are here)"},
	{.name = "viewer",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct login_opts, viewer),
	 .help = "the same as --role viewer"},
	{0},
};

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct login_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const char *url, *role = opts->viewer ? "viewer" : opts->role;
	char path[64];

	(void)args;
	(void)n;
	snprintf(path, sizeof(path), "/api/v1/login%s%s", role ? "?role=" : "", role ? role : "");
	if (fb_daemon_call(&daemon, "POST", path, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	url = fb_jsontree_str(fb_jsontree_get(answer, "url"));
	if (!*url)
		return fb_fail(FB_EXIT_FAILED, "this daemon serves no page: it was started with "
					       "--listen none");
	printf("%s\n", url);
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_login = {
	.name = "login",
	.args = "",
	.summary = "Print a link that opens the page, good once",
	.about =
		"The link is good for 15 minutes and for one browser, which stays logged in until\n"
		"nobody used it for a day. Root and members of the group flowbpf may have one of any role.\n"
		"On another machine, first: ssh -L 8080:127.0.0.1:8080 router\n\n"
		"  sudo flowbpf login\n"
		"  sudo flowbpf login --role operator\n",
	.opts = options,
	.opts_size = sizeof(struct login_opts),
	.defaults = &defaults,
	.run = run,
};
