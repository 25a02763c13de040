/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding an address; needs no server yet, but root for the ports below 1024. */
#pragma once

#include <stddef.h>

#include "util/why.h"

#define FB_HTTP_LISTENERS 8

/*
 * Bind "127.0.0.1:8080", "[::1]:8080" or "unix:/path". On failure -errno, and one sentence in
 * `why`. A socket file that nobody answers on is replaced.
 */
int fb_http_listen(const char *address, int *ret_fd, struct fb_why *why);
