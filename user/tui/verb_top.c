/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf top: what passes, live, on a whole terminal. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/remote.h"
#include "cli/verb.h"
#include "tui/top.h"
#include "util/cleanup.h"

struct top_opts {
	const char *socket, *filter, *view, *colour;
	struct fb_remote remote;
	bool ascii;
};

static const struct top_opts defaults = {.socket = FB_DEFAULT_SOCKET, .colour = "auto"};

#define AT(member) offsetof(struct top_opts, member)

static const char *const views[] = {"flows",  "hosts",	    "processes", "names",
				    "alerts", "interfaces", NULL};
static const char *const colours[] = {"auto", "always", "never", NULL};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct top_opts),
	{.name = "url",
	 .arg = "URL",
	 .type = FB_OPT_TEXT,
	 .offset = AT(remote.url),
	 .help = "one of another machine instead: https://router:8080"},
	{.name = "token-file",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(remote.token_file),
	 .help = "its login: a TOKEN, or a line as attach --token-file has it (FLOWBPF_TOKEN)"},
	{.name = "ca",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(remote.ca),
	 .help = "certificates that vouch for it (those of the system)"},
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(filter),
	 .help = "only flows that match, to begin with"},
	{.name = "view",
	 .letter = 'v',
	 .arg = "VIEW",
	 .type = FB_OPT_CHOICE,
	 .choices = views,
	 .offset = AT(view),
	 .help = "begin with flows, hosts, processes, names, alerts or interfaces (flows)"},
	{.name = "color",
	 .arg = "WHEN",
	 .type = FB_OPT_CHOICE,
	 .choices = colours,
	 .offset = AT(colour),
	 .help = "auto, always or never; auto: unless NO_COLOR is set (auto)"},
	{.name = "ascii",
	 .type = FB_OPT_FLAG,
	 .offset = AT(ascii),
	 .help = "letters alone, as where the locale is not UTF-8"},
	{0},
};

/* By the environment, which main() does not ask. */
static bool speaks_utf8(void)
{
	const char *before = setlocale(LC_CTYPE, NULL);
	char kept[64];
	bool utf8;

	snprintf(kept, sizeof(kept), "%s", before ? before : "C");
	utf8 = setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8");
	setlocale(LC_CTYPE, kept);
	return utf8;
}

static const struct fb_remote_words words = {"--url", "--token-file", "--ca"};

static unsigned int view_of(const char *name)
{
	for (unsigned int i = 0; name && views[i]; i++)
		if (!strcmp(views[i], name))
			return i;
	return FB_VIEW_FLOWS;
}

/* A daemon that is not there is told before the screen is taken. */
static int check(const struct top_opts *opts, const struct fb_daemon *door)
{
	struct fb_daemon daemon = *door;
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (opts->filter && strlen(opts->filter) > FB_PROMPT_BYTES)
		return fb_fail(FB_EXIT_USAGE, "--filter of top takes %d bytes at most",
			       FB_PROMPT_BYTES);
	fb_buf_adds(&target, "/api/v1/flows?limit=1&fields=id");
	fb_daemon_param(&target, "filter", opts->filter);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_get(&daemon, target.data, &body, &answer))
		return fb_fail(daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon.why.text);
	return FB_EXIT_DONE;
}

static int show(struct fb_top *top, const struct fb_screen_opts *screen)
{
	struct fb_why why;
	int r;

	if (fb_screen_open(screen, &why))
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	r = fb_top_loop(top);
	fb_screen_close();
	return r ? fb_fail(FB_EXIT_FAILED, "%s", strerror(-r)) : FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	struct top_opts *opts = opts_;
	const char *no = getenv("NO_COLOR");
	const bool quiet = no && *no;
	const struct fb_screen_opts screen = {
		.ascii = opts->ascii || !speaks_utf8(),
		.colours = !strcmp(opts->colour, "always") ||
			   (strcmp(opts->colour, "never") != 0 && !quiet),
	};
	static struct fb_top top; /* zeroed, and large */
	struct fb_daemon door = {.socket = opts->socket};
	char token[FB_REMOTE_TOKEN + 1];
	int r;

	(void)args;
	(void)n;
	r = fb_remote_find(&opts->remote, &words, &door, token);
	r = r ? r : check(opts, &door);
	if (r)
		return r;
	top.view = view_of(opts->view);
	snprintf(top.filter, sizeof(top.filter), "%s", opts->filter ? opts->filter : "");
	r = fb_asker_new(&door, &top.asker);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", strerror(-r));
	r = show(&top, &screen);
	fb_asker_freep(&top.asker);
	fb_itemlist_fini(&top.list);
	fb_jsontree_freep(&top.choices);
	fb_jsontree_freep(&top.detail);
	fb_jsontree_freep(&top.act.preview);
	return r;
}

const struct fb_verb fb_cmd_top = {
	.name = "top",
	.args = "",
	.summary = "Watch flows, hosts, processes, names and alerts on a whole terminal",
	.about =
		"1 to 6 choose a view, / filters, s sorts, a groups, Enter opens, ? tells all keys,\n"
		"q quits. Each second it asks the daemon for the rows that are shown.\n\n"
		"  flowbpf top\n"
		"  flowbpf top --view hosts --filter 'dst.port = 443'\n",
	.opts = options,
	.opts_size = sizeof(struct top_opts),
	.defaults = &defaults,
	.run = run,
};
