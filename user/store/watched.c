/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/watched.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

static bool is_as_read(const struct fb_watched *file, const struct stat *st)
{
	return file->tried && file->dev == st->st_dev && file->ino == st->st_ino &&
	       file->size == st->st_size && file->changed.tv_sec == st->st_mtim.tv_sec &&
	       file->changed.tv_nsec == st->st_mtim.tv_nsec;
}

/* Why it cannot be opened is told when it becomes so, and not again with each look. */
static int fail(struct fb_watched *file, int error)
{
	if (file->tried && file->error == error)
		return 0;
	file->tried = true;
	file->error = fb_why_set(&file->why, error, "%s", strerror(-error));
	return error;
}

int fb_watched_check(struct fb_watched *file, fb_watched_fn read, void *ctx)
{
	/* NONBLOCK: a fifo must not hold us. */
	_cleanup_close_ int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	file->there = fd >= 0 || errno != ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(file, -errno);
	if (is_as_read(file, &st))
		return 0;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->size = st.st_size;
	file->changed = st.st_mtim;
	file->tried = true;
	file->why = (struct fb_why){""};
	file->error = read(ctx, fd, &file->why);
	return file->error < 0 ? file->error : 1;
}

void fb_watched_again(struct fb_watched *file)
{
	file->size = -1; /* no file is as it was */
}
