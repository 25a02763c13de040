/* SPDX-License-Identifier: BSD-2-Clause */
/* A token file, line by line: what a person has in it is put there, or taken out. */
#pragma once

#include <stdbool.h>

#include "http/tokens.h"
#include "util/buf.h"

enum fb_userfile_lines {
	FB_USERFILE_PASSWORD, /* the line with the password of a name */
	FB_USERFILE_ALL,      /* each line of it */
};

/* `text` without these lines of `name`; `line`, or NULL, in the place of the first, else behind all
 * others. How many there were. */
unsigned int fb_userfile_edit(const char *text, const char *name, enum fb_userfile_lines which,
			      const char *line, struct fb_buf *to);
