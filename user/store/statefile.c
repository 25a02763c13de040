/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"

#define BYTES_MAX (32u * 1024 * 1024)
#define MODE	  0600
#define RETRY_NS  10000000000ull

/* What is written next must not take its place. */
int fb_statefile_refuse(const struct fb_statefile *file, int folder, struct fb_why *why, int error,
			const char *what)
{
	char old[64];

	snprintf(old, sizeof(old), "%s.old", file->name);
	if (renameat(folder, file->name, folder, old) < 0)
		return fb_why_set(why, error, "%s %s, and cannot be kept as %s: %s", file->about,
				  what, old, strerror(errno));
	return fb_why_set(why, error, "%s %s: kept as %s", file->about, what, old);
}

int fb_statefile_read(const struct fb_statefile *file, int folder, char **ret_data, size_t *ret_len,
		      struct fb_why *why)
{
	_cleanup_close_ int fd =
		fb_file_open_in(folder, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	const int r = fd < 0 ? -errno : fb_file_read(fd, BYTES_MAX, ret_data, ret_len);
	char what[80];

	if (fd >= 0)
		(void)!fchmod(fd, MODE); /* what an earlier version made */
	if (r == 0 || r == -ENOENT)
		return r;
	snprintf(what, sizeof(what), "cannot be read (%s)", strerror(-r));
	return fb_statefile_refuse(file, folder, why, r, what);
}

/* The text behind `header`, to be freed. */
static int read_text(const struct fb_statefile *file, int folder, const char *header,
		     char **ret_text, struct fb_why *why)
{
	const size_t head = strlen(header);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fb_statefile_read(file, folder, &text, &len, why);

	if (r < 0)
		return r;
	if (strlen(text) != len || strncmp(text, header, head) != 0)
		return fb_statefile_refuse(file, folder, why, -EPROTO,
					   "are in no form that this version knows");
	memmove(text, text + head, len - head + 1);
	*ret_text = TAKE_PTR(text);
	return 0;
}

bool fb_statefile_begins(const struct fb_statefile *file, int folder, const char *header)
{
	_cleanup_close_ int fd =
		fb_file_open_in(folder, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	char head[64] = "";

	return fd >= 0 && pread(fd, head, sizeof(head) - 1, 0) > 0 &&
	       !strncmp(head, header, strlen(header));
}

static void *write_text(void *file_)
{
	struct fb_statefile *file = file_;

	file->result = fb_file_replace(file->folder, file->name, file->text, file->len, MODE);
	atomic_store(&file->written, true);
	return NULL;
}

/* Told when it begins and when it is over: a full disk stays full for days. */
static int settle(struct fb_statefile *file, int r)
{
	if (r < 0 && !file->error)
		fb_warn("state", "cannot keep %s: %s; it is tried again", file->about,
			strerror(-r));
	else if (r == 0 && file->error)
		fb_info("state", "%s: on the disk again", file->about);
	file->error = r;
	file->retry_ns = fb_monotonic_ns() + RETRY_NS;
	return r;
}

int fb_statefile_finish(struct fb_statefile *file)
{
	if (!file->writing)
		return 0;
	pthread_join(file->writer, NULL);
	file->writing = false;
	free(TAKE_PTR(file->text));
	return settle(file, file->result);
}

static bool is_busy(const struct fb_statefile *file)
{
	if (file->writing)
		return !atomic_load(&file->written);
	return file->error && fb_monotonic_ns() < file->retry_ns;
}

bool fb_statefile_is_ready(struct fb_statefile *file, bool at_once, bool *unsaved)
{
	if (!at_once && is_busy(file))
		return false;
	if (fb_statefile_finish(file) == 0)
		return true;
	*unsaved = true;
	return at_once;
}

/* Signals are the engine's: a thread takes none. */
int fb_statefile_write(struct fb_statefile *file, int folder, char *text, size_t len)
{
	sigset_t all, before;
	int r;

	file->folder = folder;
	file->text = text;
	file->len = len;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_store(&file->written, false);
	r = -pthread_create(&file->writer, NULL, write_text, file);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	file->writing = r == 0;
	if (r < 0)
		free(TAKE_PTR(file->text));
	return r < 0 ? settle(file, r) : 0;
}

int fb_statefile_replace(struct fb_statefile *file, int folder, const char *text, size_t len)
{
	fb_statefile_finish(file);
	return settle(file, fb_file_replace(folder, file->name, text, len, MODE));
}

/* --- lines ------------------------------------------------------------------------------------ */

char *fb_statefile_word(char **at)
{
	char *word = strsep(at, " ");

	return word && *word && *at ? word : NULL;
}

bool fb_statefile_number(const char *text, int64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return end != text && !*end && !errno;
}

bool fb_statefile_take_number(char **at, int64_t *ret_number)
{
	const char *word = fb_statefile_word(at);

	return word && fb_statefile_number(word, ret_number);
}

/* False: one is wrong, or the last does not say how many they are. */
static bool take_lines(char *text, fb_statefile_fn take, void *ctx)
{
	char *save = NULL;
	int64_t n = 0, told = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "end ", 4))
			return fb_statefile_number(line + 4, &told) && told == n &&
			       !strtok_r(NULL, "\n", &save);
		if (!take(ctx, line))
			return false;
		n++;
	}
	return false;
}

int fb_statefile_load(const struct fb_statefile *file, int folder, const char *header,
		      fb_statefile_fn take, void *ctx, struct fb_why *why)
{
	_cleanup_free_ char *text = NULL;
	const int r = read_text(file, folder, header, &text, why);

	if (r < 0)
		return r;
	return take_lines(text, take, ctx)
		       ? 0
		       : fb_statefile_refuse(file, folder, why, -EBADMSG,
					     "are torn, whole lines were taken");
}
