/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/userfile.h"

#include <stdio.h>
#include <string.h>

#include "http/passhash.h"

static bool is_of(const char *line, size_t len, const char *name, enum fb_userfile_lines which)
{
	char copy[512], *save, *role, *whose, *secret;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, line, len);
	copy[len] = '\0';
	role = strtok_r(copy, " \t\r", &save);
	whose = role ? strtok_r(NULL, " \t\r", &save) : NULL;
	secret = whose ? strtok_r(NULL, " \t\r", &save) : NULL;
	return secret && *role != '#' && !strcmp(whose, name) &&
	       (which == FB_USERFILE_ALL || fb_passhash_is_marked(secret));
}

unsigned int fb_userfile_edit(const char *text, const char *name, enum fb_userfile_lines which,
			      const char *line, struct fb_buf *to)
{
	unsigned int n = 0;

	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (!is_of(text, len, name, which)) {
			fb_buf_add(to, text, len);
			fb_buf_addc(to, '\n');
		} else if (!n++ && line) {
			fb_buf_addf(to, "%s\n", line);
		}
	}
	if (!n && line)
		fb_buf_addf(to, "%s\n", line);
	return n;
}
