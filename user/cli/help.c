/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf help [VERB], flowbpf version */
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"

static const struct fb_opt no_options[] = {{0}};

/* "init" of "init [...]": what stands in the verb's arguments as it is written. */
static bool has_word(const struct fb_verb *verb, const char *word)
{
	const size_t len = strlen(word);

	if (!len || strspn(word, "abcdefghijklmnopqrstuvwxyz-") != len)
		return false;
	for (const char *at = strstr(verb->args, word); at; at = strstr(at + 1, word))
		if ((at == verb->args || strchr(" [|", at[-1])) &&
		    (!at[len] || strchr(" ]|", at[len])))
			return true;
	return false;
}

static int run_help(void *opts, char *const *args, unsigned int n)
{
	const struct fb_verb *verb = n ? fb_verb_find(args[0]) : NULL;

	(void)opts;
	if (n && !verb)
		return fb_fail(FB_EXIT_USAGE, "unknown verb \"%.40s\", \"flowbpf help\" lists all",
			       args[0]);
	if (n > 1 && !has_word(verb, args[1]))
		return fb_fail(FB_EXIT_USAGE,
			       "%s has no \"%.40s\", \"flowbpf help %s\" tells what it has",
			       args[0], args[1], args[0]);
	fb_verb_help(verb);
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_help = {
	.name = "help",
	.args = "[VERB]",
	.summary = "Print the verbs, or the options of one",
	.opts = no_options,
	.max_args = 2,
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
