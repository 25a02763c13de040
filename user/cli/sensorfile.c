/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sensorfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/remote.h"
#include "live/doors.h"
#include "util/cleanup.h"
#include "util/file.h"

#define FILE_MOST (512 * 1024)
#define NAME_MOST 64

struct line {
	char *name, *where, *token_file, *ca; /* of the file's text */
	char url[FB_REMOTE_URL + 1];
	char token[FB_REMOTE_TOKEN + 1];
};

struct list {
	struct line *lines;
	unsigned int n;
};

static void list_fini(struct list *list)
{
	if (list->lines)
		explicit_bzero(list->lines, FB_SENSORFILE_MOST * sizeof(*list->lines));
	free(list->lines);
}

#define _cleanup_list_ _cleanup_(list_fini)

/* It stands in addresses of the page. */
static bool is_name(const char *name)
{
	const size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789._-");

	return len && !name[len] && len <= NAME_MOST && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* Who may write there says where our logins go, or has them. */
static int check_file(const char *path, mode_t not, const char *what, struct fb_why *why)
{
	_cleanup_close_ int fd = *path == '/' ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;

	if (*path != '/')
		return fb_why_set(why, -EINVAL, "%.200s is no absolute path", path);
	if (fd < 0 || fstat(fd, &st))
		return fb_why_set(why, -errno, "cannot read %.200s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fb_why_set(why, -EINVAL, "%.200s is no file", path);
	return st.st_mode & not ? fb_why_set(why, -EPERM, "others may %s %.200s: chmod go-rwx it",
					     what, path)
				: 0;
}

static int read_token(struct line *line, struct fb_why *why)
{
	int r;

	if (!line->token_file || !strcmp(line->token_file, "-"))
		return 0;
	r = check_file(line->token_file, 077, "read", why);
	r = r ? r : fb_remote_read_token(line->token_file, line->token, why);
	if (r == 0 && *line->where != '/' && !fb_remote_is_private(line->url))
		return fb_why_set(why, -EINVAL, "a token goes by https://, or to this machine");
	return r;
}

static int read_where(struct line *line, struct fb_why *why)
{
	int r;

	if (*line->where == '/')
		return 0;
	r = fb_remote_check_url(line->where, "a sensor's line", "its third word, a file", why);
	if (r == 0)
		fb_remote_trim(line->where, line->url);
	return r;
}

static int split(char *text, struct line *line, struct fb_why *why)
{
	char **const words[] = {&line->name, &line->where, &line->token_file, &line->ca};
	unsigned int n = 0;
	char *word;

	while ((word = strsep(&text, " \t\r")))
		if (*word && n++ < 4)
			*words[n - 1] = word;
	if (n < 2 || n > 4)
		return fb_why_set(why, -EINVAL,
				  "a sensor is NAME URL TOKEN-FILE [CA-FILE], or NAME SOCKET");
	if (!is_name(line->name))
		return fb_why_set(
			why, -EINVAL,
			"\"%.64s\" is no name: letters, digits, \".\", \"_\" and \"-\", or "
			"the sensor's number",
			line->name);
	return 0;
}

static int read_line(struct list *list, char *text, struct fb_why *why)
{
	struct line *line = &list->lines[list->n];
	int r = 0;

	if (list->n == FB_SENSORFILE_MOST)
		return fb_why_set(why, -E2BIG, "%d sensors at most", FB_SENSORFILE_MOST);
	r = split(text, line, why);
	for (unsigned int i = 0; r == 0 && i < list->n; i++)
		if (!strcmp(list->lines[i].name, line->name))
			r = fb_why_set(why, -EEXIST, "%s stands there twice", line->name);
	r = r ? r : read_where(line, why);
	r = r ? r : read_token(line, why);
	r = r || !line->ca ? r : check_file(line->ca, 022, "write", why);
	list->n += r == 0;
	return r;
}

static int read_lines(struct list *list, const char *path, char *text, struct fb_why *why)
{
	struct fb_why detail = {""};
	char *line;
	int r = 0;

	for (unsigned int n = 1; r == 0 && (line = strsep(&text, "\n")); n++) {
		line += strspn(line, " \t\r");
		if (!*line || *line == '#')
			continue;
		r = read_line(list, line, &detail);
		if (r)
			fb_why_set(why, r, "%.150s, line %u: %s", path, n, detail.text);
	}
	return r;
}

static int use(const struct list *list, struct fb_relay *relay)
{
	_cleanup_free_ struct fb_door_to *to = calloc(list->n + 1, sizeof(*to));

	for (unsigned int i = 0; to && i < list->n; i++) {
		const struct line *line = &list->lines[i];
		const bool is_socket = *line->where == '/';

		to[i] = (struct fb_door_to){
			.name = line->name,
			.socket = is_socket ? line->where : NULL,
			.url = is_socket ? NULL : line->url,
			.token = *line->token ? line->token : NULL,
			.ca = line->ca,
		};
	}
	return to ? fb_relay_set(relay, to, list->n) : -ENOMEM;
}

static int read_text(const char *path, char **ret_text, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st))
		return fb_why_set(why, -errno, "cannot read %.200s: %s", path, strerror(errno));
	if (st.st_mode & 022)
		return fb_why_set(
			why, -EPERM,
			"others may write %.200s, which says where logins go: chmod go-w it", path);
	r = fb_file_read(fd, FILE_MOST, ret_text, &len);
	return r < 0 ? fb_why_set(why, r, "cannot read %.200s: %s", path, strerror(-r)) : 0;
}

int fb_sensorfile_use(const char *path, struct fb_relay *relay, struct fb_why *why)
{
	_cleanup_list_ struct list list = {calloc(FB_SENSORFILE_MOST, sizeof(*list.lines)), 0};
	_cleanup_free_ char *text = NULL;
	int r;

	if (!list.lines)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	r = read_text(path, &text, why);
	r = r ? r : read_lines(&list, path, text, why);
	if (r)
		return r;
	r = use(&list, relay);
	return r ? fb_why_set(why, r, "not enough memory") : 0;
}
