/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/geofiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"

/* An administrator's and geoipupdate's own files before those of packages and `make geo`. */
static const char *const folders[] = {
	"/etc/flowbpf/geo",
	"/var/lib/GeoIP",
	"/usr/local/share/GeoIP",
	"/usr/share/GeoIP",
	"/usr/local/share/flowbpf/geo",
	"/usr/share/flowbpf/geo",
};

static struct fb_geofile *find(struct fb_geofiles *files, const char *path)
{
	for (unsigned int i = 0; i < files->n; i++)
		if (!strcmp(files->file[i]->at.path, path))
			return files->file[i];
	return NULL;
}

static int add(struct fb_geofiles *files, const char *path)
{
	struct fb_geofile *file;

	if (find(files, path))
		return 0;
	if (files->n == FB_GEO_FILES) {
		files->left_out++;
		return 0;
	}
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	snprintf(file->at.path, sizeof(file->at.path), "%s", path);
	files->file[files->n++] = file;
	return 0;
}

int fb_geofiles_init(struct fb_geofiles *files, const char *const *given, unsigned int n_given)
{
	int r = 0;

	*files = (struct fb_geofiles){.given = n_given > 0};
	for (unsigned int i = 0; i < n_given && r == 0; i++)
		r = add(files, given[i]);
	return r;
}

static void drop(struct fb_geofile *file)
{
	fb_geodb_unref(file->db);
	free(file);
}

void fb_geofiles_fini(struct fb_geofiles *files)
{
	while (files->n)
		drop(files->file[--files->n]);
}

/* --- the usual places ------------------------------------------------------------------------- */

static int is_database(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return len > 5 && (!strcmp(entry->d_name + len - 5, ".mmdb") ||
			   !strcmp(entry->d_name + len - 4, ".csv"));
}

static void add_folder(struct fb_geofiles *files, const char *folder)
{
	struct dirent **entries = NULL;
	const int n = scandir(folder, &entries, is_database, alphasort);
	char path[PATH_MAX];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		(void)add(files, path); /* memory is short: in the next look */
		free(entries[i]);
	}
	free(entries);
}

/* Of the usual places those that are gone; given ones keep what they had. */
static bool drop_lost(struct fb_geofiles *files)
{
	bool changed = false;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < files->n; i++) {
		struct fb_geofile *file = files->file[i];

		if (file->at.there) {
			files->file[kept++] = file;
			continue;
		}
		changed |= file->db != NULL;
		drop(file);
	}
	files->n = kept;
	return changed;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Most licences of such data ask for that, where it is shown. */
static void read_credit(struct fb_geofile *file)
{
	char path[PATH_MAX + 8];
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t len;

	*file->credit = '\0';
	snprintf(path, sizeof(path), "%s.credit", file->at.path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fb_file_read(fd, 4096, &text, &len) < 0)
		return;
	text[strcspn(text, "\r\n")] = '\0';
	snprintf(file->credit, sizeof(file->credit), "%s", text);
}

static int read_file(void *ctx, int fd, struct fb_why *why)
{
	struct fb_geofile *file = ctx;
	struct fb_geodb *db = NULL;
	const int r = fb_geodb_read(fd, &db, why);

	if (r < 0)
		return r;
	fb_geodb_unref(file->db);
	file->db = db;
	read_credit(file);
	return 0;
}

/* True: it has another database now. */
static bool check(struct fb_geofile *file, fb_geofile_fn fn, void *ctx)
{
	const int r = fb_watched_check(&file->at, read_file, file);

	if (r)
		fn(ctx, file);
	return r > 0;
}

bool fb_geofiles_check(struct fb_geofiles *files, fb_geofile_fn fn, void *ctx)
{
	bool changed = false;

	files->left_out = 0;
	for (size_t i = 0; !files->given && i < sizeof(folders) / sizeof(*folders); i++)
		add_folder(files, folders[i]);
	for (unsigned int i = 0; i < files->n; i++)
		changed |= check(files->file[i], fn, ctx);
	if (!files->given)
		changed |= drop_lost(files);
	return changed;
}
