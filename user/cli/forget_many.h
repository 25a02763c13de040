/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf forget --filter and --all: how many and which first, then the deletion. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_forget_opts {
	const char *socket, *reason, *filter;
	uint32_t at_most; /* 0: not said */
	bool all, yes, dry_run;
};

/* Both return enum fb_exit, and have told what went wrong. */
int fb_forget_matching(const struct fb_forget_opts *opts);
int fb_forget_all(const struct fb_forget_opts *opts);
