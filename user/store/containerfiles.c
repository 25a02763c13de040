/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files as their runtimes write them:
 *   /var/lib/docker/containers/ID/config.v2.json    {"Name":"/web",...}
 *   /var/lib/containers/storage/overlay-containers/containers.json [{"id":ID,"names":["web"]},...]
 *   /run/containers/storage/overlay-containers/volatile-containers.json    likewise
 *   /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log    the name alone is read
 *   /run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json    {"annotations":{...}}
 * A name that Kubernetes made, k8s_CONTAINER_POD_NAMESPACE_UID_N, is told by its parts.
 */
#include "store/containerfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/jsontree.h"

#define AGAIN_NS     10000000000ull
#define ENTRIES_MOST 16384 /* of a folder */

struct fb_container {
	char id[FB_CONTAINER_ID + 1];
	char name[FB_CONTAINER_NAME];
};

/* One entry of a runtime's folder. */
typedef void entry_fn(struct fb_containerfiles *files, int folder, const char *name);

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* --- what is known ---------------------------------------------------------------------------- */

static bool is_id(const char *text, size_t len)
{
	return len == FB_CONTAINER_ID && strspn(text, "0123456789abcdef") >= FB_CONTAINER_ID;
}

static struct fb_container *find(const struct fb_containerfiles *files, const char *id)
{
	struct fb_index_it it = fb_index_begin(fb_hash(id, FB_CONTAINER_ID, 0));
	uint32_t number;

	while (fb_index_next(&files->index, &it, &number))
		if (!memcmp(files->item[number].id, id, FB_CONTAINER_ID))
			return &files->item[number];
	return NULL;
}

static struct fb_container *add(struct fb_containerfiles *files, const char *id)
{
	const uint32_t room = files->room ? files->room * 2 : 64;
	struct fb_container *item;

	if (files->n == FB_CONTAINERFILES) {
		files->left_out++;
		return NULL;
	}
	if (files->n == files->room) {
		item = realloc(files->item, room * sizeof(*item));
		if (!item)
			return NULL;
		files->item = item;
		files->room = room;
	}
	if (fb_index_add(&files->index, fb_hash(id, FB_CONTAINER_ID, 0), files->n) < 0)
		return NULL;
	item = &files->item[files->n++];
	snprintf(item->id, sizeof(item->id), "%.*s", FB_CONTAINER_ID, id);
	return item;
}

/* "k8s_nginx_web-0_default_UID_0": none of the parts has an underscore. */
static bool write_pod(const char *name, char *to, size_t size)
{
	char part[3][FB_CONTAINER_NAME];
	const char *at = name + 4;

	if (strncmp(name, "k8s_", 4) != 0)
		return false;
	for (int i = 0; i < 3; i++) {
		const size_t len = strcspn(at, "_");

		if (at[len] != '_' || len >= sizeof(part[i]))
			return false;
		snprintf(part[i], sizeof(part[i]), "%.*s", (int)len, at);
		at += len + 1;
	}
	return (size_t)snprintf(to, size, "%.80s/%.80s/%.80s", part[2], part[1], part[0]) < size;
}

static void tell(struct fb_containerfiles *files, const char *id, const char *name)
{
	struct fb_container *item;

	name += *name == '/';
	if (!*name || !is_id(id, strlen(id)))
		return;
	item = find(files, id);
	item = item ? item : add(files, id);
	if (item && !write_pod(name, item->name, sizeof(item->name)))
		snprintf(item->name, sizeof(item->name), "%s", name);
}

/* --- the runtimes ----------------------------------------------------------------------------- */

static struct fb_jsontree *read_json(int folder, const char *name)
{
	_cleanup_close_ int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct fb_jsontree *tree = NULL;
	size_t len;

	if (fd < 0 || fb_file_read(fd, FB_CONTAINERFILES_BYTES, &text, &len) < 0 ||
	    fb_jsontree_parse(text, len, &tree) < 0)
		return NULL;
	return tree;
}

static struct fb_jsontree *read_below(int folder, const char *name, const char *file)
{
	_cleanup_close_ int below =
		openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return below < 0 ? NULL : read_json(below, file);
}

static void docker(struct fb_containerfiles *files, int folder, const char *name)
{
	_cleanup_jsontree_ struct fb_jsontree *config = NULL;

	if (!is_id(name, strlen(name)))
		return;
	config = read_below(folder, name, "config.v2.json");
	tell(files, name, fb_jsontree_str(fb_jsontree_member(config, "Name")));
}

static void storage(struct fb_containerfiles *files, int folder, const char *name)
{
	_cleanup_jsontree_ struct fb_jsontree *list = NULL;

	if (strcmp(name, "containers.json") != 0 && strcmp(name, "volatile-containers.json") != 0)
		return;
	list = read_json(folder, name);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i))
		tell(files, fb_jsontree_str(fb_jsontree_member(i, "id")),
		     fb_jsontree_str(fb_jsontree_first(fb_jsontree_member(i, "names"))));
}

/* "web-0_default_nginx-ID.log" */
static void pod_log(struct fb_containerfiles *files, int folder, const char *name)
{
	static const char end[] = ".log";
	const size_t tail = 1 + FB_CONTAINER_ID + sizeof(end) - 1, len = strlen(name);
	char id[FB_CONTAINER_ID + 1], text[FB_CONTAINER_NAME];
	const char *space, *container;

	(void)folder;
	space = strchr(name, '_');
	container = space ? strchr(space + 1, '_') : NULL;
	if (!container || len <= tail || strcmp(name + len - 4, end) != 0 ||
	    name + len - tail <= container || name[len - tail] != '-')
		return;
	snprintf(id, sizeof(id), "%s", name + len - tail + 1);
	snprintf(text, sizeof(text), "%.*s/%.*s/%.*s", (int)(container - space - 1), space + 1,
		 (int)(space - name), name, (int)(name + len - tail - container - 1),
		 container + 1);
	tell(files, id, text);
}

static void bundle(struct fb_containerfiles *files, int folder, const char *name)
{
	_cleanup_jsontree_ struct fb_jsontree *config = NULL;
	const struct fb_jsontree *notes;
	const char *container, *pod, *space;
	char text[FB_CONTAINER_NAME];

	if (!is_id(name, strlen(name)))
		return;
	config = read_below(folder, name, "config.json");
	notes = fb_jsontree_member(config, "annotations");
	container = fb_jsontree_str(fb_jsontree_member(notes, "io.kubernetes.cri.container-name"));
	pod = fb_jsontree_str(fb_jsontree_member(notes, "io.kubernetes.cri.sandbox-name"));
	space = fb_jsontree_str(fb_jsontree_member(notes, "io.kubernetes.cri.sandbox-namespace"));
	if (*container && *pod)
		snprintf(text, sizeof(text), "%.80s/%.80s/%.80s", space, pod, container);
	else
		snprintf(text, sizeof(text), "%s",
			 fb_jsontree_str(fb_jsontree_member(notes, "nerdctl/name")));
	tell(files, name, text);
}

static const struct {
	const char *folder;
	entry_fn *entry;
} runtimes[] = {
	{"/var/lib/docker/containers", docker},
	{"/var/lib/containers/storage/overlay-containers", storage},
	{"/var/lib/containers/storage/vfs-containers", storage},
	{"/var/lib/containers/storage/btrfs-containers", storage},
	{"/run/containers/storage/overlay-containers", storage},
	{"/run/containerd/io.containerd.runtime.v2.task/k8s.io", bundle},
	{"/run/containerd/io.containerd.runtime.v2.task/default", bundle},
	{"/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io", bundle},
	{"/var/log/containers", pod_log},
};

static void read_folder(struct fb_containerfiles *files, const char *path, entry_fn *entry)
{
	_cleanup_(close_dir) DIR *dir = opendir(path);
	unsigned int left = ENTRIES_MOST;

	for (const struct dirent *i = dir ? readdir(dir) : NULL; i && left;
	     i = readdir(dir), left--)
		if (i->d_name[0] != '.')
			entry(files, dirfd(dir), i->d_name);
}

static void read_all(struct fb_containerfiles *files)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++) {
		char path[sizeof(files->root) + 80];

		snprintf(path, sizeof(path), "%s%s", files->root, runtimes[i].folder);
		read_folder(files, path, runtimes[i].entry);
	}
}

int fb_containerfiles_open(struct fb_containerfiles *files, const char *root)
{
	*files = (struct fb_containerfiles){0};
	snprintf(files->root, sizeof(files->root), "%s", root);
	if (fb_index_init(&files->index) < 0)
		return -ENOMEM;
	read_all(files);
	return 0;
}

void fb_containerfiles_close(struct fb_containerfiles *files)
{
	if (files->index.slot)
		fb_index_fini(&files->index);
	free(files->item);
	*files = (struct fb_containerfiles){0};
}

const char *fb_containerfiles_name(struct fb_containerfiles *files, const char *id, uint64_t now_ns)
{
	const struct fb_container *item;

	if (!files->index.slot || !is_id(id, strlen(id)))
		return NULL;
	item = find(files, id);
	if (!item && now_ns >= files->next_ns) {
		files->next_ns = now_ns + AGAIN_NS;
		read_all(files);
		item = find(files, id);
	}
	return item ? item->name : NULL;
}
