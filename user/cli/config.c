/* SPDX-License-Identifier: BSD-2-Clause */
/* Defaults, file and words, each over the one before; the file is read with limits. */
#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/opts.h"
#include "cli/verb.h"
#include "util/cleanup.h"

#define CONFIG_MAX (256 * 1024)

static int fail(struct fb_why *why, int error, const char *path, const char *what)
{
	return fb_why_set(why, error, "%.200s: %s", path, what);
}

static int read_file(const char *path, char **ret_text, struct fb_why *why)
{
	/* NONBLOCK: a fifo must not hold us */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return fail(why, -errno, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, path, "not a regular file");
	if (st.st_size > CONFIG_MAX)
		return fail(why, -EFBIG, path, "larger than 256 KiB, this is no config");
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return fail(why, -ENOMEM, path, "out of memory");
	n = read(fd, text, (size_t)st.st_size);
	if (n < 0)
		return fail(why, -errno, path, strerror(errno));
	text[n] = '\0';
	if (memchr(text, '\0', (size_t)n))
		return fail(why, -EINVAL, path, "has a NUL byte, this is no config");
	*ret_text = TAKE_PTR(text);
	return 0;
}

/* The verb that this process runs, to read its settings again. */
static struct {
	const struct fb_verb *verb;
	int argc;
	char **argv;
} command;

void fb_config_fini(struct fb_config *config)
{
	free(config->opts);
	free(config->text);
	free(config->args);
	*config = (struct fb_config){0};
}

/* The command line into config->opts; parsing moves words, so it has a copy of them. */
static int read_words(struct fb_config *config, struct fb_why *why)
{
	memcpy(config->args, command.argv, (size_t)command.argc * sizeof(*config->args));
	return fb_opts_parse(command.verb->opts, config->opts, command.argc, config->args,
			     &config->n_args, why);
}

static void set_defaults(struct fb_config *config)
{
	const struct fb_verb *verb = command.verb;

	memset(config->opts, 0, verb->opts_size);
	if (verb->defaults)
		memcpy(config->opts, verb->defaults, verb->opts_size);
}

static const char *config_path(const struct fb_config *config)
{
	const struct fb_opt *opt = command.verb->opts;

	while (opt->name && strcmp(opt->name, "config") != 0)
		opt++;
	return opt->name ? *(const char *const *)((const char *)config->opts + opt->offset) : NULL;
}

static int read_config(struct fb_config *config, struct fb_why *why)
{
	struct fb_why line;
	/* A first look tells which file is meant; then the file comes before the words. */
	int r = read_words(config, why);
	const char *path = r ? NULL : config_path(config);

	if (r || !path)
		return r;
	r = read_file(path, &config->text, why);
	if (r)
		return r;
	set_defaults(config);
	r = fb_opts_config(command.verb->opts, config->opts, config->text, &line);
	return r ? fail(why, r, path, line.text) : read_words(config, why);
}

int fb_config_again(struct fb_config *ret_config, struct fb_why *why)
{
	const size_t size = command.verb->opts_size;
	_cleanup_config_ struct fb_config config = {
		.opts = calloc(1, size ? size : 1),
		.args = calloc((size_t)command.argc + 1, sizeof(*config.args)),
	};
	int r;

	if (!config.opts || !config.args)
		return fail(why, -ENOMEM, command.verb->name, "out of memory");
	set_defaults(&config);
	r = read_config(&config, why);
	if (r == 0) {
		*ret_config = config;
		config = (struct fb_config){0};
	}
	return r;
}

int fb_config_read(const struct fb_verb *verb, int argc, char **argv, struct fb_config *ret_config,
		   struct fb_why *why)
{
	command.verb = verb;
	command.argc = argc;
	command.argv = argv;
	return fb_config_again(ret_config, why);
}
