/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files with a bound. Any thread. */
#pragma once

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * All of `fd` from its begin, a NUL behind it, to be freed by the caller. -EINVAL: no regular file;
 * -EFBIG: more than `max` bytes; -errno.
 */
int fb_file_read(int fd, size_t max, char **ret_text, size_t *ret_len);

/*
 * Put `text` in the place of `name` in the folder: written beside it as `name`.new, on the disk
 * before it is renamed, so that a crash leaves the old or the new one, whole. What root writes is
 * the folder's owner's, where that may be. 0 or -errno.
 */
int fb_file_replace(int folder, const char *name, const char *text, size_t len, mode_t mode);

/* The same; of one that is there owner and mode stay, and `mode` is a new one's. */
int fb_file_rewrite(int folder, const char *name, const char *text, size_t len, mode_t mode);

/*
 * Open what is in `folder` as we are or, where modes forbid that to a root without
 * CAP_DAC_OVERRIDE, as the folder's owner, for this call and this thread. A folder's own path: with
 * AT_FDCWD. The file, or -1: errno says why.
 */
int fb_file_open_in(int folder, const char *name, int flags);

/* What is in an open folder, from its begin; to be closed by closedir. NULL: errno says why. */
DIR *fb_file_list(int folder);
