/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: find the verb, fill its options, run it. Exit codes: 0 done, 1 failed, 2 usage.
 */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/config.h"
#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/cleanup.h"

#define VERBS_MAX 64

int fb_fail(enum fb_exit code, const char *fmt, ...)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fb_buf_adds(&line, "flowbpf: ");
	fb_text_add_inert(&line, text, strlen(text));
	fb_buf_addc(&line, '\n');
	if (!fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stderr);
	else
		fputs("flowbpf: out of memory\n", stderr);
	return code;
}

static int unknown_verb(const char *name)
{
	const char *names[VERBS_MAX + 1];
	unsigned int n = 0;
	const char *near;

	for (; fb_verbs[n] && n < VERBS_MAX; n++)
		names[n] = fb_verbs[n]->name;
	names[n] = NULL;
	near = fb_opts_nearest(name, names);
	if (near)
		return fb_fail(FB_EXIT_USAGE, "unknown verb \"%.40s\", did you mean %s?", name,
			       near);
	return fb_fail(FB_EXIT_USAGE, "unknown verb \"%.40s\", \"flowbpf help\" lists all", name);
}

static int check_args(const struct fb_verb *verb, char *const *args, unsigned int n)
{
	if (n < verb->min_args)
		return fb_fail(FB_EXIT_USAGE, "%s needs %s, as in: flowbpf %s %s", verb->name,
			       verb->args, verb->name, verb->args);
	if (n > verb->max_args && !verb->max_args)
		return fb_fail(FB_EXIT_USAGE, "%s takes no argument, not \"%.40s\"", verb->name,
			       args[0]);
	if (n > verb->max_args)
		return fb_fail(FB_EXIT_USAGE,
			       "%s takes %u argument%s at most, \"%.40s\" is one more", verb->name,
			       verb->max_args, verb->max_args > 1 ? "s" : "", args[verb->max_args]);
	return FB_EXIT_DONE;
}

static int run_verb(const struct fb_verb *verb, int argc, char **argv)
{
	_cleanup_config_ struct fb_config config = {0};
	struct fb_why why;
	int r = fb_config_read(verb, argc, argv, &config, &why);

	if (r < 0)
		return fb_fail(r == -ENOMEM ? FB_EXIT_FAILED : FB_EXIT_USAGE, "%s", why.text);
	if (r > 0) {
		fb_verb_help(verb);
		return FB_EXIT_DONE;
	}
	r = check_args(verb, config.args, config.n_args);
	return r ? r : verb->run(config.opts, config.args, config.n_args);
}

int main(int argc, char **argv)
{
	const struct fb_verb *verb;
	const char *name = argc > 1 ? argv[1] : "";
	int r;

	/* wcwidth knows the width of what is not ASCII; numbers stay those of the C locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!*name)
		return fb_fail(FB_EXIT_USAGE, "name a verb, for example \"flowbpf attach eth0\"; "
					      "\"flowbpf help\" lists all");
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	verb = fb_verb_find(name);
	r = verb ? run_verb(verb, argc - 2, argv + 2) : unknown_verb(name);
	if (fflush(stdout) || ferror(stdout))
		return r ? r : fb_fail(FB_EXIT_FAILED, "cannot write the output");
	return r;
}
