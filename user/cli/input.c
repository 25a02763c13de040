/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture file, gzipped or not, through a window that grows up to one block and slides. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "proto/pcap.h"
#include "util/cleanup.h"

#define WINDOW_LEAST (256 * 1024)

struct fb_input {
	gzFile file;
	uint64_t size; /* bytes of the file, 0: not known */
	uint8_t *window;
	size_t cap, from, to; /* bytes from .. to of the window wait */
	bool end;
	struct fb_pcap pcap;
	char path[200];
	struct fb_why why; /* of the last failure */
};

static void input_freep(struct fb_input **input)
{
	fb_input_free(*input);
}

static int fail(struct fb_input *input, int error, const char *what)
{
	return fb_why_set(&input->why, error, "%s: %s", input->path, what);
}

/* At least `need` bytes in the window if the file has them. */
static int fill(struct fb_input *input, size_t need)
{
	memmove(input->window, input->window + input->from, input->to - input->from);
	input->to -= input->from;
	input->from = 0;
	if (need > input->cap) {
		uint8_t *window = realloc(input->window, need);

		if (!window)
			return fail(input, -ENOMEM, "out of memory");
		input->window = window;
		input->cap = need;
	}
	while (!input->end && input->to < need) {
		int error, n = gzread(input->file, input->window + input->to,
				      (unsigned int)(input->cap - input->to));
		const char *what = gzerror(input->file, &error);

		if (n < 0 && error != Z_BUF_ERROR)
			return fail(input, -EIO, error == Z_ERRNO ? strerror(errno) : what);
		input->end = n <= 0; /* Z_BUF_ERROR: the compressed file is cut */
		input->to += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Up to the next frame: 1, 0 at the end, -errno. */
static int next(struct fb_input *input, struct fb_pcap_frame *frame)
{
	for (;;) {
		size_t n, len = input->to - input->from;
		int r = fb_pcap_next(&input->pcap, input->window + input->from, len, &n, frame);

		if (r < 0)
			return fail(input, r, input->pcap.why);
		if (r != FB_PCAP_MORE) {
			input->from += n;
			if (r == FB_PCAP_FRAME)
				return 1;
			continue;
		}
		if (input->end && !n)
			return 0;
		if (input->end)
			return fail(input, -ENODATA, "the last frame is cut");
		r = fill(input, n ? n : 1);
		if (r)
			return r;
	}
}

static int open_file(struct fb_input *input, const char *path)
{
	_cleanup_close_ int fd =
		strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return fail(input, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(input, -EISDIR, "a folder, not a capture");
	if (S_ISREG(st.st_mode))
		input->size = (uint64_t)st.st_size;
	input->file = gzdopen(fd, "rb");
	if (!input->file)
		return fail(input, -ENOMEM, "out of memory");
	TAKE_FD(fd);
	return 0;
}

/* What is no capture is told before anything is loaded into the kernel. */
static int look_at_head(struct fb_input *input)
{
	struct fb_pcap_frame frame;
	struct fb_pcap pcap = {0};
	size_t n;
	int r = fill(input, 24);

	if (r)
		return r;
	if (!input->to)
		return fail(input, -EPROTO, "the file is empty");
	r = fb_pcap_next(&pcap, input->window, input->to, &n, &frame);
	return r < 0 ? fail(input, r, pcap.why) : 0;
}

int fb_input_open(const char *path, struct fb_input **ret_input, struct fb_why *why)
{
	_cleanup_(input_freep) struct fb_input *input = calloc(1, sizeof(*input));
	int r;

	if (!input)
		return fb_why_set(why, -ENOMEM, "out of memory");
	snprintf(input->path, sizeof(input->path), "%s", path);
	input->cap = WINDOW_LEAST;
	input->window = malloc(input->cap);
	r = input->window ? open_file(input, path) : fail(input, -ENOMEM, "out of memory");
	if (!r)
		r = look_at_head(input);
	if (r) {
		*why = input->why;
		return r;
	}
	*ret_input = TAKE_PTR(input);
	return 0;
}

void fb_input_free(struct fb_input *input)
{
	if (!input)
		return;
	if (input->file)
		gzclose(input->file);
	free(input->window);
	free(input);
}

int fb_input_next(struct fb_input *input, struct fb_frame *ret_frame)
{
	struct fb_pcap_frame frame;
	int r = next(input, &frame);

	if (r > 0)
		*ret_frame = (struct fb_frame){
			.data = frame.data,
			.caplen = frame.caplen,
			.len = frame.len,
			.linktype = frame.linktype,
			.ts_ns = frame.ts_ns,
		};
	return r;
}

const char *fb_input_why(const struct fb_input *input)
{
	return input->why.text;
}

int fb_input_percent(const struct fb_input *input)
{
	return input->size ? (int)((uint64_t)gzoffset(input->file) * 100 / input->size) : -1;
}
