/* SPDX-License-Identifier: BSD-2-Clause */
/* The cgroup2 mount by /proc/self/mountinfo, its folders by a walk. */
#include "kernel/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/clock.h"
#include "util/cleanup.h"

#define READ_NS	  1000000000ull
#define DEPTH	  32
#define PATH_MOST 1024

struct fb_cgroup {
	uint64_t id;
	char *path;
};

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The mount point of a line of mountinfo, its octal escapes undone; false: no cgroup2. */
static bool mount_point(char *line, char *to, size_t size)
{
	const char *type = strstr(line, " - cgroup2 ");
	const char *at = line;
	size_t n = 0;

	for (int i = 0; type && at && i < 4; i++)
		at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
	if (!type || !at)
		return false;
	while (*at && *at != ' ' && n + 1 < size) {
		if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
			to[n++] = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			to[n++] = *at++;
		}
	}
	to[n] = '\0';
	return n > 0;
}

/* The shortest one: others are of a part of it, or bound elsewhere. */
static int open_root(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096], path[PATH_MOST], best[PATH_MOST] = "";
	int fd;

	while (file && fgets(line, sizeof(line), file))
		if (mount_point(line, path, sizeof(path)) &&
		    (!*best || strlen(path) < strlen(best)))
			memcpy(best, path, sizeof(best));
	if (!*best)
		return -ENOENT;
	fd = open(best, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int fb_cgroups_open(struct fb_cgroups *cgroups)
{
	*cgroups = (struct fb_cgroups){.root = open_root()};
	if (cgroups->root < 0)
		return cgroups->root;
	return fb_index_init(&cgroups->index);
}

static void forget(struct fb_cgroups *cgroups)
{
	while (cgroups->n)
		free(cgroups->item[--cgroups->n].path);
	fb_index_clear(&cgroups->index);
}

void fb_cgroups_close(struct fb_cgroups *cgroups)
{
	if (cgroups->root >= 0)
		close(cgroups->root);
	if (cgroups->index.slot)
		forget(cgroups);
	fb_index_fini(&cgroups->index);
	free(cgroups->item);
	*cgroups = (struct fb_cgroups){.root = -1};
}

static bool make_room(struct fb_cgroups *cgroups)
{
	const uint32_t room = cgroups->room ? cgroups->room * 2 : 256;
	struct fb_cgroup *item;

	if (cgroups->n < cgroups->room)
		return true;
	item = cgroups->n < FB_CGROUPS_MOST ? realloc(cgroups->item, room * sizeof(*item)) : NULL;
	if (!item)
		return false;
	cgroups->item = item;
	cgroups->room = room;
	return true;
}

static void remember(struct fb_cgroups *cgroups, uint64_t id, const char *path)
{
	char *copy = make_room(cgroups) ? strdup(path) : NULL;

	if (!copy || fb_index_add(&cgroups->index, fb_hash(&id, sizeof(id), 0), cgroups->n) < 0) {
		free(copy);
		return;
	}
	cgroups->item[cgroups->n++] = (struct fb_cgroup){id, copy};
}

/* Itself and all below it; `path` is PATH_MOST bytes, `len` of them in use. */
static void walk(struct fb_cgroups *cgroups, int folder, char *path, size_t len, unsigned int depth)
{
	_cleanup_(close_dir) DIR *dir = NULL;
	struct stat st;
	int fd = openat(folder, len ? strrchr(path, '/') + 1 : ".",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	if (fstat(fd, &st) == 0)
		remember(cgroups, st.st_ino, len ? path : "/");
	for (const struct dirent *entry = readdir(dir); entry && depth; entry = readdir(dir)) {
		const size_t n = strlen(entry->d_name);

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || len + n + 2 > PATH_MOST)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, entry->d_name, n + 1);
		walk(cgroups, fd, path, len + 1 + n, depth - 1);
		path[len] = '\0';
	}
}

static const char *find(const struct fb_cgroups *cgroups, uint64_t id)
{
	struct fb_index_it it = fb_index_begin(fb_hash(&id, sizeof(id), 0));
	uint32_t number;

	while (fb_index_next(&cgroups->index, &it, &number))
		if (cgroups->item[number].id == id)
			return cgroups->item[number].path;
	return NULL;
}

const char *fb_cgroups_path(struct fb_cgroups *cgroups, uint64_t id)
{
	const uint64_t now = fb_monotonic_ns();
	char path[PATH_MOST] = "";
	const char *found;

	if (cgroups->root < 0 || !cgroups->index.slot)
		return NULL;
	found = find(cgroups, id);
	if (found || (cgroups->read_ns && now < cgroups->read_ns + READ_NS))
		return found;
	cgroups->read_ns = now;
	forget(cgroups);
	walk(cgroups, cgroups->root, path, 0, DEPTH);
	return find(cgroups, id);
}
