/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

int fb_file_read(int fd, size_t max, char **ret_text, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (len < (size_t)st.st_size) {
		const ssize_t n = pread(fd, text + len, (size_t)st.st_size - len, (off_t)len);

		if (n < 0)
			return -errno;
		if (n == 0) /* it has become shorter */
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* As `like` has them; else what root writes is the folder's owner's, where that may be. */
static int set_owner(int fd, int folder, const struct stat *like)
{
	struct stat st;

	if (like &&
	    (fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0))
		return -errno;
	if (!like && fstat(folder, &st) == 0 && st.st_uid != geteuid())
		(void)!fchown(fd, st.st_uid, (gid_t)-1);
	return 0;
}

static int replace(int folder, const char *name, const char *text, size_t len, mode_t mode,
		   const struct stat *like)
{
	_cleanup_close_ int fd = -1;
	char fresh[NAME_MAX];
	int r;

	snprintf(fresh, sizeof(fresh), "%s.new", name);
	/* what a crash left; EXCL: not through a link that somebody put there */
	unlinkat(folder, fresh, 0);
	fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = set_owner(fd, folder, like);
	r = r ? r : write_all(fd, text, len);
	if (r == 0 && renameat(folder, fresh, folder, name) < 0)
		r = -errno;
	if (r == 0 && fsync(folder) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(folder, fresh, 0);
	return r;
}

int fb_file_replace(int folder, const char *name, const char *text, size_t len, mode_t mode)
{
	return replace(folder, name, text, len, mode, NULL);
}

int fb_file_rewrite(int folder, const char *name, const char *text, size_t len, mode_t mode)
{
	struct stat st;
	const bool is_there = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	return replace(folder, name, text, len, mode, is_there ? &st : NULL);
}

static int open_as(uid_t uid, int folder, const char *name, int flags)
{
	const uid_t own = (uid_t)setfsuid(uid);
	const int fd = openat(folder, name, flags);
	const int error = errno;

	setfsuid(own);
	errno = error;
	return fd;
}

int fb_file_open_in(int folder, const char *name, int flags)
{
	const int fd = openat(folder, name, flags | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 || errno != EACCES || geteuid() != 0)
		return fd;
	if ((folder == AT_FDCWD ? stat(name, &st) : fstat(folder, &st)) < 0 || st.st_uid == 0) {
		errno = EACCES;
		return -1;
	}
	return open_as(st.st_uid, folder, name, flags | O_CLOEXEC);
}

DIR *fb_file_list(int folder)
{
	_cleanup_close_ int fd = fb_file_open_in(folder, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		(void)TAKE_FD(fd);
	return dir;
}
