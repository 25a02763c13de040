/* SPDX-License-Identifier: BSD-2-Clause */
/* The file that logins are in: whole, text, and nobody else's to read. */
#pragma once

#include "http/tokens.h"
#include "util/why.h"

#define FB_TOKENFILE_MOST 8191 /* bytes */

/*
 * Read it into `tokens`, which are zero. -EPERM when others can read it, -errno; `why` holds the
 * sentence, which has no token. Any thread.
 */
int fb_tokenfile_read(struct fb_tokens *tokens, const char *path, struct fb_why *why);
