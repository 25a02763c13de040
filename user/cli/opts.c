/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: the table is walked for each word; nothing here knows what an option is for. */
#include "cli/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/words.h"

#define WORDS_MAX 64

static const struct fb_opt *find(const struct fb_opt *opts, const char *name, size_t len,
				 enum fb_opt_where not_where)
{
	for (; opts->name; opts++)
		if (opts->where != not_where && strlen(opts->name) == len &&
		    !memcmp(opts->name, name, len))
			return opts;
	return NULL;
}

static const struct fb_opt *find_letter(const struct fb_opt *opts, char letter)
{
	for (; opts->name; opts++)
		if (opts->letter == letter)
			return opts;
	return NULL;
}

const char *fb_opts_nearest(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	unsigned int best = len < 4 ? 2 : len < 8 ? 3 : 4; /* must be below */
	const char *nearest = NULL;

	for (; *words; words++) {
		unsigned int d = fb_word_distance(word, len, *words);

		/* The start of a longer word is near, too: --fil for --filter. */
		if (len > 1 && !strncmp(word, *words, len) && best > 1)
			d = 1;
		if (d < best) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}

static const char *nearest_option(const struct fb_opt *opts, const char *name,
				  enum fb_opt_where not_where)
{
	const char *words[WORDS_MAX + 1];
	unsigned int n = 0;

	for (; opts->name && n < WORDS_MAX; opts++)
		if (opts->where != not_where)
			words[n++] = opts->name;
	words[n] = NULL;
	return fb_opts_nearest(name, words);
}

/* One word "--name", "--name=value" or "--name value"; *at moves over a value of its own. */
static int parse_long(const struct fb_opt *opts, void *to, int argc, char **argv, int *at,
		      struct fb_why *why)
{
	const char *name = argv[*at] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct fb_opt *opt = find(opts, name, len, FB_OPT_CONFIG_ONLY);
	char label[80];

	snprintf(label, sizeof(label), "--%.*s", (int)(len < 64 ? len : 64), name);
	if (!opt) {
		const char *near = nearest_option(opts, label + 2, FB_OPT_CONFIG_ONLY);

		return near ? fb_why_set(why, -EINVAL, "unknown option %s, did you mean --%s?",
					 label, near)
			    : fb_why_set(why, -EINVAL, "unknown option %s", label);
	}
	if (opt->type == FB_OPT_FLAG && value)
		return fb_why_set(why, -EINVAL, "%s takes no value", label);
	if (!value)
		value = opt->usual;
	if (!value && opt->type != FB_OPT_FLAG) {
		if (*at + 1 >= argc)
			return fb_why_set(why, -EINVAL, "%s needs a value: %s", label, opt->arg);
		value = argv[++*at];
	}
	return fb_opt_set(opt, to, value, label, why);
}

/* One word "-abc" or "-fvalue" or "-f value". */
static int parse_letters(const struct fb_opt *opts, void *to, int argc, char **argv, int *at,
			 struct fb_why *why)
{
	for (const char *c = argv[*at] + 1; *c; c++) {
		const struct fb_opt *opt = find_letter(opts, *c);
		const char label[] = {'-', *c, '\0'};
		const char *value = NULL;
		int r;

		if (*c == 'h')
			return 1;
		if (!opt)
			return fb_why_set(why, -EINVAL, "unknown option %s", label);
		if (opt->type != FB_OPT_FLAG) {
			value = c[1] ? c + 1 : *at + 1 < argc ? argv[++*at] : NULL;
			if (!value)
				return fb_why_set(why, -EINVAL, "%s needs a value: %s", label,
						  opt->arg);
		}
		r = fb_opt_set(opt, to, value, label, why);
		if (r || value)
			return r;
	}
	return 0;
}

int fb_opts_parse(const struct fb_opt *opts, void *to, int argc, char **argv,
		  unsigned int *ret_args, struct fb_why *why)
{
	unsigned int n = 0;
	bool only_args = false;

	fb_opt_replace_lists(opts, to);
	for (int i = 0; i < argc; i++) {
		int r = 0;

		if (only_args || argv[i][0] != '-' || !argv[i][1])
			argv[n++] = argv[i];
		else if (!strcmp(argv[i], "--"))
			only_args = true;
		else if (!strcmp(argv[i], "--help"))
			r = 1;
		else if (argv[i][1] == '-')
			r = parse_long(opts, to, argc, argv, &i, why);
		else
			r = parse_letters(opts, to, argc, argv, &i, why);
		if (r)
			return r;
	}
	*ret_args = n;
	return 0;
}

/* Cut white space off both ends, in place. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	for (len = strlen(text); len && strchr(" \t\r", text[len - 1]);)
		text[--len] = '\0';
	return text;
}

static int config_line(const struct fb_opt *opts, void *to, char *line, unsigned int number,
		       uint64_t *seen, struct fb_why *why)
{
	char label[96], *value = strchr(line, '=');
	const struct fb_opt *opt;
	const char *near;
	bool list;
	uint64_t bit;

	if (value)
		*value++ = '\0';
	line = trim(line);
	value = value ? trim(value) : NULL;
	snprintf(label, sizeof(label), "line %u: %.64s", number, line);
	opt = find(opts, line, strlen(line), FB_OPT_ARGS_ONLY);
	if (!opt) {
		near = nearest_option(opts, line, FB_OPT_ARGS_ONLY);
		return near ? fb_why_set(why, -EINVAL, "%s is no setting, did you mean %s?", label,
					 near)
			    : fb_why_set(why, -EINVAL, "%s is no setting", label);
	}
	list = opt->type == FB_OPT_LIST || opt->type == FB_OPT_CIDR || opt->type == FB_OPT_LISTEN ||
	       opt->type == FB_OPT_HOST;
	bit = 1ULL << (opt - opts);
	if (*seen & bit && !list)
		return fb_why_set(why, -EINVAL, "%s is set twice", label);
	*seen |= bit;
	if (opt->type == FB_OPT_FLAG && value) {
		if (!strcmp(value, "no"))
			return 0;
		if (strcmp(value, "yes") != 0)
			return fb_why_set(why, -EINVAL, "%s takes yes or no", label);
		value = NULL;
	} else if (!value && opt->type != FB_OPT_FLAG) {
		return fb_why_set(why, -EINVAL, "%s needs a value: %s = %s", label, opt->name,
				  opt->arg);
	}
	return fb_opt_set(opt, to, value, label, why);
}

int fb_opts_config(const struct fb_opt *opts, void *to, char *text, struct fb_why *why)
{
	unsigned int number = 0;
	uint64_t seen = 0; /* bit i: option i was set; tables are shorter than 64 */

	fb_opt_replace_lists(opts, to);
	for (char *line = text, *next; line; line = next) {
		int r;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		line = trim(line);
		if (!*line || *line == '#')
			continue;
		r = config_line(opts, to, line, number, &seen, why);
		if (r)
			return r;
	}
	return 0;
}

void fb_opts_help(const struct fb_opt *opts)
{
	for (; opts->name; opts++) {
		char left[64];
		int n;

		if (opts->where == FB_OPT_CONFIG_ONLY)
			continue;
		n = snprintf(left, sizeof(left), "%c%c%s --%s", opts->letter ? '-' : ' ',
			     opts->letter ? opts->letter : ' ', opts->letter ? "," : " ",
			     opts->name);
		if (opts->arg)
			snprintf(left + n, sizeof(left) - (size_t)n, opts->usual ? "[=%s]" : " %s",
				 opts->arg);
		printf("  %-28s %s\n", left, opts->help);
	}
	printf("  %-28s %s\n", "-h, --help", "this text");
}
