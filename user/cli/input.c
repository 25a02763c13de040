/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture file through a window that grows up to one block and slides. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/pcap.h"
#include "util/scope.h"

#define WINDOW_LEAST (256 * 1024)

struct fb_input {
	int fd;
	uint64_t size, consumed; /* bytes of the file; size 0: not known */
	uint8_t *window;
	size_t cap, from, to; /* bytes from .. to of the window wait */
	bool end;
	struct fb_pcap pcap;
	char path[200], why[320];
};

static void input_freep(struct fb_input **input)
{
	fb_input_free(*input);
}

static int fail(struct fb_input *input, int error, const char *what)
{
	snprintf(input->why, sizeof(input->why), "%s: %s", input->path, what);
	return error;
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
		ssize_t n = read(input->fd, input->window + input->to, input->cap - input->to);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(input, -errno, strerror(errno));
		input->end = !n;
		input->to += (size_t)n;
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
			input->consumed += n;
			if (r == FB_PCAP_FRAME)
				return 1;
			continue;
		}
		if (input->end && !n)
			return 0;
		if (input->end)
			return fail(input, -EPROTO,
				    len ? "the last frame is cut" : "the file is empty");
		r = fill(input, n ? n : 1);
		if (r)
			return r;
	}
}

int fb_input_open(const char *path, struct fb_input **ret_input, char *why, size_t why_len)
{
	_cleanup_(input_freep) struct fb_input *input = calloc(1, sizeof(*input));
	struct stat st = {0};
	int r = 0;

	if (input) {
		input->fd = -1;
		input->cap = WINDOW_LEAST;
		input->window = malloc(input->cap);
		snprintf(input->path, sizeof(input->path), "%s", path);
	}
	if (!input || !input->window) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	input->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (input->fd < 0 || fstat(input->fd, &st))
		r = fail(input, -errno, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		r = fail(input, -EISDIR, "a folder, not a capture");
	if (S_ISREG(st.st_mode))
		input->size = (uint64_t)st.st_size;
	/* What is no capture is told before anything is loaded into the kernel. */
	if (!r)
		r = fill(input, 24);
	if (!r && !input->to)
		r = fail(input, -EPROTO, "the file is empty");
	if (!r) {
		struct fb_pcap probe = {0};
		size_t n;

		if (fb_pcap_next(&probe, input->window, input->to, &n, NULL) < 0)
			r = fail(input, -EPROTO, probe.why);
	}
	if (r) {
		snprintf(why, why_len, "%s", input->why);
		return r;
	}
	*ret_input = TAKE_PTR(input);
	return 0;
}

void fb_input_free(struct fb_input *input)
{
	if (!input)
		return;
	if (input->fd >= 0)
		close(input->fd);
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
	return input->why;
}

int fb_input_percent(const struct fb_input *input)
{
	return input->size ? (int)(input->consumed * 100 / input->size) : -1;
}
