/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file a network namespace, a byte of it an interface: record locks are taken through a file that
 * is open, so also when root is given up and an interface comes later; and F_GETLK has the kernel
 * tell the holder's pid, which no file and no socket can do so that it is true. (flock tells
 * nothing.) A record lock is the process's: the file must be opened once in a process, and never
 * closed.
 */
#include "kernel/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/hash.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define FOLDER	   "/run/flowbpf/lock"
#define NAME_SIZE  32
#define INSTANCES  (1ll << 32) /* from there on a byte an instance; before it, an interface */
#define WANTED	   (1ll << 62) /* from there on a byte a name or pattern, which many may share */
#define TRIES	   64
#define PID_STRIDE (1ll << 22) /* more than there are pids in a namespace */

static int own_file = -1;
static char own_name[NAME_SIZE]; /* of the namespace that it is of */

/* Numbers of namespaces are used again, cookies are not. */
static int name_file(char name[static NAME_SIZE])
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		return -errno;
	snprintf(name, NAME_SIZE, "net-%" PRIu64, cookie);
	return 0;
}

/* Whoever can write to the folder could hold others up: root alone, or we alone. */
static int open_folder(void)
{
	_cleanup_close_ int fd = open(FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & 077)
		return -EPERM;
	return TAKE_FD(fd);
}

static int make_folder(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} folders[] = {{"/run", 0755}, {"/run/flowbpf", 0755}, {FOLDER, 0700}};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdir(folders[i].path, folders[i].mode) < 0 && errno != EEXIST)
			return -errno;
	return open_folder();
}

static int set(int fd, short type, off_t from, off_t len)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = len};

	return fcntl(fd, F_SETLK, &lock) < 0 ? -errno : 0;
}

/* The first lock of another process from *at on, which is moved behind it. */
static pid_t next_holder(int fd, off_t *at, off_t len)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = *at, .l_len = len};

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return -ENOENT;
	*at = lock.l_start + lock.l_len;
	return lock.l_pid > 0 ? lock.l_pid : 0;
}

/* The files of namespaces where nobody runs any more; what is locked stays. */
static void sweep(int folder, const char *keep)
{
	DIR *dir = fdopendir(dup(folder));
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_close_ int fd = -1;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, keep))
			continue;
		fd = openat(folder, entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !set(fd, F_WRLCK, 0, 0))
			unlinkat(folder, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/* Known as an instance, in a file that nobody swept away meanwhile. */
static int join(int fd)
{
	struct stat st;
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && (r == -EAGAIN || r == -EACCES); i++)
		r = set(fd, F_WRLCK, INSTANCES + getpid() + i * PID_STRIDE, 1);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_nlink ? 0 : -ESTALE;
}

static int open_own(int folder, const char *name)
{
	for (int i = 0; i < TRIES; i++) {
		_cleanup_close_ int fd =
			openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		int r = fd < 0 ? -errno : join(fd);

		if (r == -ESTALE)
			continue;
		if (r < 0)
			return r;
		own_file = TAKE_FD(fd);
		snprintf(own_name, sizeof(own_name), "%s", name);
		return 0;
	}
	return -ESTALE;
}

int fb_lock_open(struct fb_why *why)
{
	_cleanup_close_ int folder = -1;
	char name[NAME_SIZE];
	int r = name_file(name);

	if (r == 0 && own_file >= 0 && !strcmp(own_name, name))
		return 0;
	if (r == 0) {
		folder = make_folder();
		r = folder < 0 ? folder : 0;
	}
	if (r == 0)
		sweep(folder, name);
	if (r == 0)
		r = open_own(folder, name);
	if (r == -EPERM)
		return fb_why_set(why, r, FOLDER " is not root's alone: remove it");
	if (r < 0)
		return fb_why_set(why, r, "cannot lock interfaces in " FOLDER ": %s", strerror(-r));
	return 0;
}

int fb_lock_take(uint32_t ifindex, const char *ifname, struct fb_why *why)
{
	int r = fb_lock_open(why);
	pid_t owner;

	if (r == -EACCES || r == -EROFS)
		return 0;
	if (r < 0)
		return r;
	r = set(own_file, F_WRLCK, ifindex, 1);
	if (r == 0)
		return 0;
	owner = fb_lock_owner(ifindex);
	if (owner > 0)
		return fb_why_set(why, -EBUSY, "%s: already attached by pid %d", ifname,
				  (int)owner);
	return fb_why_set(why, -EBUSY, "%s: already attached by another process", ifname);
}

void fb_lock_drop(uint32_t ifindex)
{
	if (own_file >= 0)
		set(own_file, F_UNLCK, ifindex, 1);
}

static off_t place_of_wanted(const char *name)
{
	return WANTED + (off_t)(fb_hash_fixed(name, strlen(name)) & ((1ull << 61) - 1));
}

void fb_lock_want(const char *name)
{
	if (own_file >= 0)
		set(own_file, F_RDLCK, place_of_wanted(name), 1);
}

static pid_t holder(off_t from, off_t len)
{
	_cleanup_close_ int folder = -1, fd = -1;
	char name[NAME_SIZE];
	int r = name_file(name);

	if (r < 0)
		return r;
	if (own_file >= 0 && !strcmp(own_name, name))
		return next_holder(own_file, &from, len);
	folder = open_folder();
	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : next_holder(fd, &from, len);
}

pid_t fb_lock_owner(uint32_t ifindex)
{
	return holder(ifindex, 1);
}

pid_t fb_lock_wanter(const char *name)
{
	return holder(place_of_wanted(name), 1);
}

pid_t fb_lock_instance(void)
{
	return holder(INSTANCES, 0);
}

static bool holds(int folder, const char *name, pid_t pid)
{
	_cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	off_t at = INSTANCES;
	pid_t found;

	do
		found = fd < 0 ? -errno : next_holder(fd, &at, 0);
	while (found >= 0 && found != pid);
	return found == pid;
}

bool fb_lock_is_instance(pid_t pid)
{
	int folder = open_folder();
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' && holds(folder, entry->d_name, pid);
	if (dir)
		closedir(dir);
	return found;
}
