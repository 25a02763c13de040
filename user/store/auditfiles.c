/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/auditfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"

#define DIGITS 12

void fb_auditfiles_name(uint64_t first, char name[static FB_AUDIT_ROTATED_NAME])
{
	snprintf(name, FB_AUDIT_ROTATED_NAME, "audit-%0*" PRIu64 ".ndjson", DIGITS, first);
}

/* 0: it is none of them. */
static uint64_t first_of(const char *name)
{
	static const char begin[] = "audit-";
	char told[FB_AUDIT_ROTATED_NAME];
	uint64_t first;

	if (strncmp(name, begin, strlen(begin)) != 0)
		return 0;
	first = strtoull(name + strlen(begin), NULL, 10);
	fb_auditfiles_name(first, told);
	return strcmp(name, told) ? 0 : first;
}

static void insert(struct fb_auditfiles *files, uint64_t first)
{
	unsigned int at = files->n;

	if (at == FB_AUDIT_ROTATED_MAX) {
		if (first < files->first[0])
			return;
		memmove(files->first, files->first + 1, --at * sizeof(*files->first));
	}
	for (files->n = at + 1; at && files->first[at - 1] > first; at--)
		files->first[at] = files->first[at - 1];
	files->first[at] = first;
}

int fb_auditfiles_list(int folder, struct fb_auditfiles *ret_files)
{
	DIR *dir = fb_file_list(folder);
	const struct dirent *entry;

	*ret_files = (struct fb_auditfiles){.n = 0};
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		const uint64_t first = first_of(entry->d_name);

		if (first)
			insert(ret_files, first);
	}
	closedir(dir);
	return 0;
}
