/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret on the disk; see the header. */
#include "store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"

#define MOST 64

static int make(int folder, const char *name, uint8_t *key, size_t size)
{
	while (getrandom(key, size, 0) != (ssize_t)size)
		;
	return folder < 0 ? 0 : fb_file_replace(folder, name, (const char *)key, size, 0600);
}

static int read_key(int fd, uint8_t *key, size_t size, const char **ret_fault)
{
	uint8_t more[MOST + 1];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	*ret_fault = "others may read it: chmod 600";
	if (!S_ISREG(st.st_mode) || st.st_mode & 077)
		return -EPERM;
	n = read(fd, more, sizeof(more));
	*ret_fault = "it is no key of ours: move it away";
	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EINVAL;
	memcpy(key, more, size);
	explicit_bzero(more, sizeof(more));
	return 0;
}

int fb_keyfile_open(int folder, const char *name, uint8_t *ret_key, size_t size, struct fb_why *why)
{
	_cleanup_close_ int fd =
		folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const char *fault = NULL;
	int r;

	if (fd >= 0)
		r = read_key(fd, ret_key, size, &fault);
	else if (folder >= 0 && errno != ENOENT)
		r = -errno;
	else
		r = make(folder, name, ret_key, size);
	if (r == 0)
		return 0;
	return fb_why_set(why, r, "the key %s in the state folder cannot be used: %s", name,
			  fault ? fault : strerror(-r));
}
