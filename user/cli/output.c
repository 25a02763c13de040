/* SPDX-License-Identifier: BSD-2-Clause */
/* A temporary file with a rename at its end. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

int fb_output_open(struct fb_output *output, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int n;

	*output = (struct fb_output){0};
	n = snprintf(output->path, sizeof(output->path), "%s", path);
	if (n >= (int)sizeof(output->path) - 8)
		return -ENAMETOOLONG;
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return -ELOOP; /* /dev/stdout is one: what it leads to is not ours to replace */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		snprintf(output->beside, sizeof(output->beside), "%.*s.XXXXXX", PATH_MAX - 8,
			 output->path);
		fd = mkostemp(output->beside, O_CLOEXEC);
		if (fd < 0)
			output->beside[0] = '\0';
	}
	if (fd < 0)
		return -errno;
	output->file = fdopen(fd, "w");
	if (!output->file)
		return -ENOMEM;
	TAKE_FD(fd);
	return 0;
}

int fb_output_finish(struct fb_output *output)
{
	if (fflush(output->file))
		return -errno;
	if (!output->beside[0])
		return 0;
	/* Whole on the disk before it has the name. */
	if (fsync(fileno(output->file)) || rename(output->beside, output->path))
		return -errno;
	output->beside[0] = '\0';
	return 0;
}

void fb_output_fini(struct fb_output *output)
{
	if (output->file)
		fclose(output->file);
	if (output->beside[0])
		unlink(output->beside);
	*output = (struct fb_output){0};
}
