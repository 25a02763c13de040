/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files are looked at every few seconds: watches would have to follow each rename and each folder
 * that comes later, and a look costs a system call.
 */
#include "store/hostfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/hostfile.h"
#include "util/cleanup.h"
#include "util/file.h"

static const char *const usual[] = {
	"/etc/hosts",
	"/var/lib/misc/dnsmasq.leases",
	"/var/lib/dnsmasq/dnsmasq.leases",
	"/var/lib/dhcp/dhcpd.leases",
	"/var/lib/dhcpd/dhcpd.leases",
	"/var/lib/dhcp/dhcpd6.leases",
	"/var/lib/kea/kea-leases4.csv",
	"/var/lib/kea/kea-leases6.csv",
};

/* NONBLOCK: a fifo must not hold us. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static void add(struct fb_hostfiles *files, const char *path)
{
	if (files->n < FB_HOSTFILES)
		files->file[files->n++] = (struct fb_hostfile){.path = path, .fd = open_file(path)};
}

void fb_hostfiles_init(struct fb_hostfiles *files, struct fb_hostnames *names,
		       const char *const *given, unsigned int n_given)
{
	*files = (struct fb_hostfiles){.names = names};
	for (unsigned int i = 0; i < n_given; i++)
		add(files, given[i]);
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		add(files, usual[i]);
}

void fb_hostfiles_fini(struct fb_hostfiles *files)
{
	for (unsigned int i = 0; i < files->n; i++)
		if (files->file[i].fd >= 0)
			close(files->file[i].fd);
	files->n = 0;
}

static void on_entry(void *ctx, const struct fb_hostfile_entry *entry)
{
	struct fb_hostfiles *files = ctx;
	const int64_t left = entry->ends - files->wall_ms / 1000;
	const bool forever = entry->ends == FB_HOSTFILE_FOREVER || left >= FB_ADDR_FOREVER;

	if (!entry->name || left <= 0) {
		fb_hostnames_take(files->names, files->origin, entry->addr, entry->family);
		return;
	}
	/* What does not fit, or names no host's address, is counted or of no use there. */
	(void)fb_hostnames_give(files->names, files->origin,
				&(struct fb_addr_fact){
					.time = files->now_ns,
					.addr = entry->addr,
					.family = entry->family,
					.source = files->leases ? FB_NAME_LEASE : FB_NAME_HOSTS,
					.name = entry->name,
					.len = entry->len,
					.ttl = forever ? FB_ADDR_FOREVER : (uint32_t)left,
				});
}

static bool is_as_read(const struct fb_hostfile *file, const struct stat *st)
{
	return file->dev == st->st_dev && file->ino == st->st_ino && file->size == st->st_size &&
	       file->changed.tv_sec == st->st_mtim.tv_sec &&
	       file->changed.tv_nsec == st->st_mtim.tv_nsec;
}

static int read_file(struct fb_hostfiles *files, struct fb_hostfile *file, int fd)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fb_file_read(fd, FB_HOSTFILES_BYTES, &text, &len);

	if (r < 0)
		return r;
	files->origin = (uint8_t)(FB_HOSTFILES_FIRST + (file - files->file));
	files->leases = fb_hostfile_is_leases(text);
	fb_hostnames_begin(files->names, files->origin);
	fb_hostfile_parse(text, len, on_entry, files);
	fb_hostnames_end(files->names, files->origin);
	return 1;
}

/* It is gone: so is what it gave. */
static void forget(struct fb_hostfiles *files, struct fb_hostfile *file)
{
	const uint8_t origin = (uint8_t)(FB_HOSTFILES_FIRST + (file - files->file));

	fb_hostnames_begin(files->names, origin);
	fb_hostnames_end(files->names, origin);
	file->ino = 0;
	file->error = 0;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int fb_hostfiles_check(struct fb_hostfiles *files, unsigned int i, uint64_t now_ns, int64_t wall_ms)
{
	struct fb_hostfile *file = &files->file[i];
	_cleanup_close_ int fresh = open_file(file->path);
	const int error = fresh < 0 ? -errno : 0;
	const int fd = fresh >= 0 ? fresh : file->fd;
	struct stat st;
	int r;

	if (error == -ENOENT || error == -ENOTDIR) {
		if (file->ino)
			forget(files, file);
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = file->error == error ? 0 : error;
		file->error = error;
		return r;
	}
	if (is_as_read(file, &st))
		return 0;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->size = st.st_size;
	file->changed = st.st_mtim;
	files->now_ns = now_ns;
	files->wall_ms = wall_ms;
	r = read_file(files, file, fd);
	file->error = r < 0 ? r : 0;
	return r;
}
