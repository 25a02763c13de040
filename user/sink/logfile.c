/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file as a wire: appended to, moved to FILE.1, FILE.2, ... at a size, opened anew when somebody
 * else moved it. Opened as root at first, given away, and from then on as the user that we become.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/wire.h"
#include "util/cleanup.h"

#define MODE 0640

/* The folder of the file, if only its last part is missing: then it is ours to rotate in. */
static void make_folder(const struct fb_wire *wire)
{
	char folder[sizeof(wire->path)];
	const char *end = strrchr(wire->path, '/');

	snprintf(folder, sizeof(folder), "%.*s", (int)(end - wire->path), wire->path);
	if (*folder && !mkdir(folder, 0750) && wire->give)
		(void)!chown(folder, wire->uid, wire->gid);
}

/* A line that was cut by a crash ends here, so that the next one stands alone. */
static int end_last_line(int fd, uint64_t size)
{
	char last = '\n';

	if (size && pread(fd, &last, 1, (off_t)size - 1) < 0)
		return -errno;
	return last != '\n' && write(fd, "\n", 1) < 0 ? -errno : 0;
}

static int open_file(struct fb_wire *wire)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	make_folder(wire);
	fd = open(wire->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  MODE);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (wire->give && fchown(fd, wire->uid, wire->gid) < 0)
		return -errno;
	r = end_last_line(fd, (uint64_t)st.st_size);
	if (r < 0)
		return r;
	wire->size = (uint64_t)st.st_size;
	wire->fd = TAKE_FD(fd);
	return 0;
}

static ssize_t write_file(struct fb_wire *wire, const void *data, size_t len)
{
	const ssize_t n = write(wire->fd, data, len);

	if (n < 0)
		return -errno;
	wire->size += (uint64_t)n;
	return n;
}

static void close_file(struct fb_wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

const struct fb_wire_ops fb_wire_file = {"file", false, open_file, write_file, close_file, NULL};

/* What is there stays open until the new one is: nothing is lost if that fails. */
int fb_wire_file_reopen(struct fb_wire *wire)
{
	struct fb_wire next = *wire;
	int r;

	next.fd = -1;
	next.give = wire->give && geteuid() == 0;
	r = open_file(&next);
	if (r < 0)
		return r;
	close_file(wire);
	wire->fd = next.fd;
	wire->size = next.size;
	return 0;
}

int fb_wire_file_rotate(struct fb_wire *wire)
{
	char from[sizeof(wire->path) + 12], to[sizeof(wire->path) + 12];

	if (!wire->rotate || wire->size < wire->rotate)
		return 0;
	for (unsigned int i = wire->keep; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", wire->path, i);
		snprintf(from, sizeof(from), i > 1 ? "%s.%u" : "%s", wire->path, i - 1);
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	if (!wire->keep && unlink(wire->path) < 0)
		return -errno;
	return fb_wire_file_reopen(wire);
}
