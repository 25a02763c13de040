/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options as tables: one table parses the command line, reads the config file and prints the help.
 * What is wrong is told in one sentence with the value and what is allowed. The strings that
 * options keep belong to argv or to the config's text, which live as long as the process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/why.h"

enum fb_opt_type {
	FB_OPT_FLAG,	/* bool */
	FB_OPT_TEXT,	/* const char * */
	FB_OPT_FILE,	/* const char *, a path */
	FB_OPT_CHOICE,	/* const char *, one of `choices` */
	FB_OPT_U32,	/* uint32_t in [least, most] */
	FB_OPT_SECONDS, /* uint32_t, from a duration in [least, most] seconds */
	FB_OPT_LISTEN,	/* struct fb_opt_list of "ADDR:PORT" */
	FB_OPT_CIDR,	/* struct fb_opt_cidrs */
	FB_OPT_HOST,	/* struct fb_opt_list of host names or addresses */
	FB_OPT_LIST,	/* struct fb_opt_list of any text */
};

#define FB_OPT_LIST_MAX 32

/* A list from a higher place (the command line) replaces that of a lower one (file, default). */
struct fb_opt_list {
	const char *items[FB_OPT_LIST_MAX];
	unsigned int n;
	bool replace; /* the next item begins the list anew */
};

struct fb_opt_cidrs {
	struct fb_cidr items[FB_OPT_LIST_MAX];
	unsigned int n;
	bool replace;
};

enum fb_opt_where {
	FB_OPT_ANYWHERE,
	FB_OPT_ARGS_ONLY,   /* makes no sense in a config file */
	FB_OPT_CONFIG_ONLY, /* is an argument, not an option, on the command line */
};

struct fb_opt {
	const char *name; /* without the dashes */
	const char *arg;  /* as the help shows it; NULL for flags */
	const char *help; /* without a full stop; the default is part of it */
	enum fb_opt_type type;
	size_t offset; /* in the verb's struct */
	uint64_t least, most;
	const char *const *choices; /* ends with NULL */
	const char *usual;	    /* what it has without "=VALUE"; NULL: a value is needed */
	char letter;		    /* short form, or 0 */
	bool live;		    /* may change while the daemon runs */
	enum fb_opt_where where;
};

/*
 * Read `argv` (behind the verb) into `to`. Arguments that are no options are moved to the front of
 * argv and counted in *ret_args; everything behind "--" is one. 0, -EINVAL with the sentence in
 * `why`, or 1 when --help or -h was among them.
 */
int fb_opts_parse(const struct fb_opt *opts, void *to, int argc, char **argv,
		  unsigned int *ret_args, struct fb_why *why);

/*
 * Read a config file of "name = value" lines, names as those of long options, `#` comments.
 * `text` (NUL-terminated) is changed and stays referred to. 0, or -EINVAL with a sentence that
 * names line and key.
 */
int fb_opts_config(const struct fb_opt *opts, void *to, char *text, struct fb_why *why);

/*
 * Set one option from `value` (NULL for flags and for optional values), which `label` names in the
 * sentence that tells what is wrong: 0 or -EINVAL.
 */
int fb_opt_set(const struct fb_opt *opt, void *to, const char *value, const char *label,
	       struct fb_why *why);

/* True if the option has the same value in both structs. */
bool fb_opt_same(const struct fb_opt *opt, const void *a, const void *b);

/* From here on, the first item of each list replaces what is there. */
void fb_opt_replace_lists(const struct fb_opt *opts, void *to);

/* The options' lines of a help text, to stdout. */
void fb_opts_help(const struct fb_opt *opts);

/* The nearest of `words` (ends with NULL) to a mistyped one, or NULL if none is near. */
const char *fb_opts_nearest(const char *word, const char *const *words);
