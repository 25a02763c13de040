/* SPDX-License-Identifier: BSD-2-Clause */
/* A daemon of another machine: where it is, the login there, and who vouches for it. */
#pragma once

#include "cli/daemon.h"

#define FB_REMOTE_TOKEN 256 /* bytes of a login elsewhere, at most */

struct fb_remote {
	const char *url, *token_file, *ca;
};

/* What the options are called. */
struct fb_remote_words {
	const char *url, *token_file, *ca;
};

/*
 * Into `door`, with the token of the file, else of FLOWBPF_TOKEN: never of the command line, which
 * everybody here can read. Without a URL `door` stays as it is. FB_EXIT_DONE, or said what is
 * wrong.
 */
int fb_remote_find(const struct fb_remote *remote, const struct fb_remote_words *words,
		   struct fb_daemon *door, char token[static FB_REMOTE_TOKEN + 1]);
