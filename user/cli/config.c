/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding --config among the words, and reading the file with limits. */
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
#include "util/scope.h"

#define CONFIG_MAX (256 * 1024)

static int fail(char *why, size_t why_len, int error, const char *path, const char *what)
{
	snprintf(why, why_len, "%.200s: %s", path, what);
	return error;
}

static int read_file(const char *path, char **ret_text, char *why, size_t why_len)
{
	/* NONBLOCK: a fifo must not hold us */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return fail(why, why_len, -errno, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, why_len, -EINVAL, path, "not a regular file");
	if (st.st_size > CONFIG_MAX)
		return fail(why, why_len, -EFBIG, path, "larger than 256 KiB, this is no config");
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return fail(why, why_len, -ENOMEM, path, "out of memory");
	n = read(fd, text, (size_t)st.st_size);
	if (n < 0)
		return fail(why, why_len, -errno, path, strerror(errno));
	text[n] = '\0';
	if (memchr(text, '\0', (size_t)n))
		return fail(why, why_len, -EINVAL, path, "has a NUL byte, this is no config");
	*ret_text = TAKE_PTR(text);
	return 0;
}

/* The file that argv names, by parsing a copy of it into a struct that is thrown away. */
static int find_path(const struct fb_verb *verb, const struct fb_opt *opt, int argc,
		     char *const *argv, const char **ret_path, char *why, size_t why_len)
{
	/* the words first: they are what needs the alignment */
	size_t words_size = ((size_t)argc + 1) * sizeof(char *);
	_cleanup_free_ char **words = calloc(1, words_size + verb->opts_size);
	void *scratch = words + argc + 1;
	unsigned int n;
	int r;

	if (!words)
		return fail(why, why_len, -ENOMEM, "--config", "out of memory");
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	r = fb_opts_parse(verb->opts, scratch, argc, words, &n, why, why_len);
	*ret_path = r ? NULL : *(const char **)((char *)scratch + opt->offset);
	return r < 0 ? r : 0;
}

int fb_config_apply(const struct fb_verb *verb, void *opts, int argc, char *const *argv,
		    char **ret_text, char *why, size_t why_len)
{
	_cleanup_free_ char *text = NULL;
	const struct fb_opt *opt = verb->opts;
	const char *path;
	char line[256];
	int r;

	while (opt->name && strcmp(opt->name, "config") != 0)
		opt++;
	if (!opt->name)
		return 0;
	r = find_path(verb, opt, argc, argv, &path, why, why_len);
	if (r || !path)
		return r;
	r = read_file(path, &text, why, why_len);
	if (r)
		return r;
	r = fb_opts_config(verb->opts, opts, text, line, sizeof(line));
	if (r)
		return fail(why, why_len, r, path, line);
	*ret_text = TAKE_PTR(text);
	return 0;
}
