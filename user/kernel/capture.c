/* SPDX-License-Identifier: BSD-2-Clause */
/* libbpf's print function: a bounded buffer that keeps the end, where the reasons are. */
#include "kernel/capture.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define CAPTURE_BYTES (1024 * 1024)

static struct {
	char *text;
	size_t len;
} kept;

__attribute__((format(printf, 2, 0))) static int keep(enum libbpf_print_level level,
						      const char *fmt, va_list args)
{
	size_t half = CAPTURE_BYTES / 2;
	va_list again;
	int n;

	if (level == LIBBPF_DEBUG || !kept.text)
		return 0;
	if (kept.len > half) {
		memmove(kept.text, kept.text + kept.len - half, half);
		kept.len = half;
	}
	va_copy(again, args);
	n = vsnprintf(kept.text + kept.len, CAPTURE_BYTES - kept.len, fmt, again);
	va_end(again);
	if (n > 0)
		kept.len += (size_t)n < CAPTURE_BYTES - kept.len ? (size_t)n
								 : CAPTURE_BYTES - kept.len - 1;
	return n;
}

void fb_capture_start(void)
{
	if (!kept.text)
		kept.text = malloc(CAPTURE_BYTES);
	if (kept.text)
		kept.text[0] = '\0';
	kept.len = 0;
	libbpf_set_print(keep);
}

void fb_capture_stop(void)
{
	free(kept.text);
	kept.text = NULL;
	kept.len = 0;
	libbpf_set_print(keep);
}

bool fb_capture_has_verifier_log(void)
{
	return kept.text && strstr(kept.text, "BEGIN PROG LOAD LOG");
}

/* Copy the line that ends at `end` (exclusive), inert: one line, printable bytes. */
static void copy_line(char *to, unsigned int size, const char *end)
{
	static const char prefix[] = "libbpf: ";
	const char *start = end;
	unsigned int n = 0;

	while (start > kept.text && start[-1] != '\n')
		start--;
	if (strncmp(start, prefix, sizeof(prefix) - 1) == 0)
		start += sizeof(prefix) - 1;
	for (; start < end && n + 1 < size; start++)
		to[n++] = *start >= ' ' && *start < 0x7f ? *start : ' ';
	to[n] = '\0';
}

void fb_capture_verdict(char *to, unsigned int size)
{
	const char *figures = kept.text ? strstr(kept.text, "\nprocessed ") : NULL;

	to[0] = '\0';
	if (figures)
		copy_line(to, size, figures);
}

void fb_capture_first_line(char *to, unsigned int size)
{
	const char *line = kept.text;

	to[0] = '\0';
	while (line && *line && !to[0]) {
		const char *end = strchrnul(line, '\n');

		copy_line(to, size, end);
		/* libbpf tries some things twice, and says so. */
		if (strstr(to, "etrying"))
			to[0] = '\0';
		line = *end ? end + 1 : end;
	}
}

int fb_capture_save(const char *path)
{
	/* Never into a file that somebody else made, nor through a link. */
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = -1;

	unlink(path);
	fd = open(path, flags, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, kept.text, kept.len) != (ssize_t)kept.len)
		return -EIO;
	return 0;
}
