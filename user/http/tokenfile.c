/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/tokenfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"

/* All of it or nothing: what is cut would be another token. */
static int read_text(int fd, char **ret_text, size_t *ret_len, struct fb_why *why)
{
	const int r = fb_file_read(fd, FB_TOKENFILE_MOST, ret_text, ret_len);

	if (r == -EFBIG)
		return fb_why_set(why, r, "it has more than %d bytes", FB_TOKENFILE_MOST);
	if (r < 0)
		return fb_why_set(why, r, "%s", r == -EINVAL ? "it is no file" : strerror(-r));
	return strlen(*ret_text) == *ret_len ? 0 : fb_why_set(why, -EINVAL, "it is no text");
}

/* A FIFO that nobody writes would be waited for, without O_NONBLOCK. */
int fb_tokenfile_read(struct fb_tokens *tokens, const char *path, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct fb_why detail;
	struct stat st;
	size_t len = 0;
	int r;

	if (fd < 0 || fstat(fd, &st)) {
		r = -errno;
		return fb_why_set(why, r, "cannot read the token file %s: %s", path, strerror(-r));
	}
	if (st.st_mode & 077)
		return fb_why_set(why, -EPERM, "others may read the token file %s: chmod 600 %s",
				  path, path);
	r = read_text(fd, &text, &len, &detail);
	r = r ? r : fb_tokens_parse(tokens, text, &detail);
	if (text)
		explicit_bzero(text, len);
	return r ? fb_why_set(why, r, "token file %s: %s", path, detail.text) : 0;
}
