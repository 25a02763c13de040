/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/vendorfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"

#define BYTES_MAX (32u << 20)
#define N(array)  (sizeof(array) / sizeof(*(array)))

/* Of update-ieee-data, then the package's own; blocks of each length in a file of their own. */
static const char *const folders[] = {"/var/lib/ieee-data/", "/usr/share/ieee-data/"};
static const char *const names[] = {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"};

/* How many blocks, or -errno. */
static int read_file(struct fb_vendors *vendors, const char *folder, const char *name)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t len;
	int r;

	snprintf(path, sizeof(path), "%s%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = fb_file_read(fd, BYTES_MAX, &text, &len);
	return r < 0 ? r : fb_vendors_read(vendors, text, len);
}

/* How many blocks; what is broken is said and left out. */
static int read_folder(struct fb_vendors *vendors, const char *folder, struct fb_why *why)
{
	int n = 0, error = 0;

	for (size_t i = 0; i < N(names); i++) {
		const int r = read_file(vendors, folder, names[i]);

		n += r > 0 ? r : 0;
		if (r < 0 && r != -ENOENT)
			error = fb_why_set(why, r, "cannot read %s%s: %s", folder, names[i],
					   r == -EPROTO ? "it is no list of MACs" : strerror(-r));
	}
	if (!n) {
		const int r = read_file(vendors, folder, "oui.txt");

		n = r > 0 ? r : 0;
	}
	return n ? n : error;
}

int fb_vendorfiles_read(struct fb_vendors **ret_vendors, struct fb_why *why)
{
	struct fb_vendors *vendors;
	int r = fb_vendors_new(&vendors);

	if (r < 0)
		return r;
	for (size_t i = 0; i < N(folders) && r == 0; i++)
		r = read_folder(vendors, folders[i], why);
	fb_vendors_finish(vendors);
	if (r <= 0) {
		fb_vendors_free(vendors);
		return r < 0 ? r : -ENOENT;
	}
	*ret_vendors = vendors;
	return 0;
}
