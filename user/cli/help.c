/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf help [VERB], flowbpf version */
#include <stdio.h>

#include "cli/opts.h"
#include "cli/verb.h"

static const struct fb_opt no_options[] = {{0}};

static int run_help(void *opts, char *const *args, unsigned int n)
{
	const struct fb_verb *verb = n ? fb_verb_find(args[0]) : NULL;

	(void)opts;
	if (n && !verb)
		return fb_fail(FB_EXIT_USAGE, "unknown verb \"%.40s\", \"flowbpf help\" lists all",
			       args[0]);
	fb_verb_help(verb);
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_help = {
	.name = "help",
	.args = "[VERB]",
	.summary = "Print the verbs, or the options of one",
	.opts = no_options,
	.max_args = 1,
	.run = run_help,
};

static int run_version(void *opts, char *const *args, unsigned int n)
{
	(void)opts;
	(void)args;
	(void)n;
	printf("flowbpf %s\n", FLOWBPF_VERSION);
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_version = {
	.name = "version",
	.args = "",
	.summary = "Print the version",
	.opts = no_options,
	.run = run_version,
};
