/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the pin directory holds:
 *   fb_flows, fb_index4, ...   the maps, by name
 *   link_<ifindex>_<hook>      the links of TCX and XDP
 *   fb_abi                     one __u32: the layout version; pinned last, so the set is whole
 */
#include "kernel/pin.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <flowbpf/limits.h>

#include "kernel/maps.h"
#include "util/cleanup.h"

#define ABI_NAME "fb_abi"

static int pin_path(const char *dir, const char *name, char to[PATH_MAX])
{
	int n = snprintf(to, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static const char *const links[FB_PIN_LINKS] = {
	[FB_PIN_INGRESS] = "ingress",
	[FB_PIN_EGRESS] = "egress",
	[FB_PIN_XDP] = "xdp",
};

int fb_pin_link_path(const char *dir, uint32_t ifindex, enum fb_pin_link link, char to[PATH_MAX])
{
	char name[48];

	snprintf(name, sizeof(name), "link_%u_%s", ifindex, links[link]);
	return pin_path(dir, name, to);
}

static bool is_link(const char *name)
{
	static const char prefix[] = "link_";
	char *end;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	strtoul(name + sizeof(prefix) - 1, &end, 10);
	for (unsigned int i = 0; i < FB_PIN_LINKS; i++)
		if (*end == '_' && strcmp(end + 1, links[i]) == 0)
			return true;
	return false;
}

static bool is_ours(const char *name)
{
	for (unsigned int i = 0; i < FB_MAP_COUNT; i++)
		if (strcmp(name, fb_map_name((enum fb_map)i)) == 0)
			return true;
	return strcmp(name, ABI_NAME) == 0 || is_link(name);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int count_entries(const char *path)
{
	_cleanup_(close_dir) DIR *dir = opendir(path);
	int n = 0;

	if (!dir)
		return -errno;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		n += entry->d_name[0] != '.';
	return n;
}

static int make_directory(const char *dir, struct fb_why *why)
{
	struct statfs fs;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fb_why_set(why, -errno, "cannot make the pin directory %s: %m", dir);
	if (statfs(dir, &fs) < 0)
		return fb_why_set(why, -errno, "pin directory %s: %m", dir);
	if ((unsigned long)fs.f_type == BPF_FS_MAGIC)
		return 0;
	rmdir(dir); /* fails, as it should, unless it is empty */
	return fb_why_set(why, -EINVAL,
			  "%s is not in a bpf file system: use a directory under /sys/fs/bpf", dir);
}

int fb_pin_open(const char *dir, struct fb_why *why)
{
	char path[PATH_MAX];
	const __u32 zero = 0;
	__u32 version = 0;
	_cleanup_close_ int fd = -1;
	int r = make_directory(dir, why);

	if (r < 0)
		return r;
	r = pin_path(dir, ABI_NAME, path);
	if (r < 0)
		return fb_why_set(why, r, "the pin directory's name is too long");
	fd = bpf_obj_get(path);
	if (fd < 0 && errno == ENOENT) {
		r = count_entries(dir);
		if (r <= 0)
			return r;
		return fb_why_set(why, -EPROTO,
				  "%s holds pins that are not a whole set of flowbpf's: choose "
				  "another directory, or remove them",
				  dir);
	}
	if (fd < 0)
		return fb_why_set(why, -errno, "cannot open %s: %m", path);
	if (bpf_map_lookup_elem(fd, &zero, &version) < 0 || version != FB_ABI_VERSION)
		return fb_why_set(why, -EPROTO,
				  "the maps pinned in %s have layout %u, this flowbpf has %d: they "
				  "stay untouched; end them with `flowbpf detach --pin %s`",
				  dir, version, FB_ABI_VERSION, dir);
	return 1;
}

int fb_pin_adopt_map(const char *dir, struct bpf_map *map, struct fb_why *why)
{
	const char *name = bpf_map__name(map);
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r = pin_path(dir, name, path);

	if (r < 0)
		return r;
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return fb_why_set(why, -EPROTO, "cannot adopt %s: %m", path);
	if (info.max_entries != bpf_map__max_entries(map))
		return fb_why_set(why, -EPROTO,
				  "%s has %u entries, %u are asked for: start with the options of "
				  "the last run, or end it with `flowbpf detach --pin %s`",
				  path, info.max_entries, bpf_map__max_entries(map), dir);
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map) ||
	    info.map_flags != bpf_map__map_flags(map))
		return fb_why_set(why, -EPROTO,
				  "%s has another layout: it stays untouched; end it with "
				  "`flowbpf detach --pin %s`",
				  path, dir);
	r = bpf_map__reuse_fd(map, fd);
	return r < 0 ? fb_why_set(why, r, "cannot adopt %s: %s", path, strerror(-r)) : 0;
}

int fb_pin_map(const char *dir, const struct bpf_map *map, struct fb_why *why)
{
	char path[PATH_MAX];
	int r = pin_path(dir, bpf_map__name(map), path);

	if (r == 0 && bpf_obj_pin(bpf_map__fd(map), path) < 0)
		r = -errno;
	return r < 0 ? fb_why_set(why, r, "cannot pin %s: %s", path, strerror(-r)) : 0;
}

int fb_pin_finish(const char *dir, struct fb_why *why)
{
	const __u32 zero = 0, version = FB_ABI_VERSION;
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r = pin_path(dir, ABI_NAME, path);

	if (r < 0)
		return r;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, ABI_NAME, sizeof(zero), sizeof(version), 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, &version, BPF_ANY) < 0 ||
	    bpf_obj_pin(fd, path) < 0)
		return fb_why_set(why, -errno, "cannot pin %s: %m", path);
	return 0;
}

/* At once, not when the last reference goes. */
static void detach_link(const char *path)
{
	_cleanup_close_ int fd = bpf_obj_get(path);

	if (fd >= 0)
		bpf_link_detach(fd);
}

int fb_pin_remove(const char *dir, struct fb_why *why)
{
	_cleanup_(close_dir) DIR *pins = opendir(dir);
	struct statfs fs;
	int removed = 0;

	if (!pins)
		return fb_why_set(why, -errno, "cannot read the pin directory %s: %m", dir);
	if (statfs(dir, &fs) < 0 || (unsigned long)fs.f_type != BPF_FS_MAGIC)
		return fb_why_set(why, -EINVAL, "%s is not in a bpf file system", dir);
	for (const struct dirent *entry = readdir(pins); entry; entry = readdir(pins)) {
		char path[PATH_MAX];

		if (!is_ours(entry->d_name) || pin_path(dir, entry->d_name, path) < 0)
			continue;
		if (is_link(entry->d_name))
			detach_link(path);
		if (unlink(path) < 0)
			return fb_why_set(why, -errno, "cannot remove %s: %m", path);
		removed++;
	}
	rmdir(dir); /* fails, as it should, if something else is in it */
	return removed ? 0 : fb_why_set(why, -ENOENT, "nothing of flowbpf is pinned in %s", dir);
}
