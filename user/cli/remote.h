/* SPDX-License-Identifier: BSD-2-Clause */
/* A daemon of another machine: where it is, the login there, and who vouches for it. */
#pragma once

#include "cli/daemon.h"

#define FB_REMOTE_TOKEN 256 /* bytes of a login elsewhere, at most */
#define FB_REMOTE_URL	255

struct fb_remote {
	const char *url, *token_file, *ca;
	char trimmed[FB_REMOTE_URL + 1]; /* the URL as it is asked, which `door` has */
};

/* What the options are called. */
struct fb_remote_words {
	const char *url, *token_file, *ca;
};

/* 0; -EINVAL with a sentence, in which the URL is called `name`. */
int fb_remote_check_url(const char *url, const char *name, const char *login, struct fb_why *why);
int fb_remote_read_token(const char *path, char token[static FB_REMOTE_TOKEN + 1],
			 struct fb_why *why);
/* By HTTPS, or to this machine: a token may go there. */
bool fb_remote_is_private(const char *url);
/* The same URL without slashes at its end, as the paths of an API begin with one. */
void fb_remote_trim(const char *url, char trimmed[static FB_REMOTE_URL + 1]);

/*
 * Into `door`, with the token of the file, else of FLOWBPF_TOKEN: never of the command line, which
 * everybody here can read. Without a URL `door` stays as it is. FB_EXIT_DONE, or said what is
 * wrong.
 */
int fb_remote_find(struct fb_remote *remote, const struct fb_remote_words *words,
		   struct fb_daemon *door, char token[static FB_REMOTE_TOKEN + 1]);
