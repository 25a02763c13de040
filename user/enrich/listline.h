/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of a list of addresses, prefixes, domains or JA4 fingerprints: one a line, a hosts file,
 * CSV or TSV with the entry in any column, or a filter list's ||domain^. Pure, any thread.
 */
#pragma once

#include "util/addr.h"

enum fb_list_kind {
	FB_LIST_NOTHING, /* empty, a comment, a name that each hosts file has */
	FB_LIST_BAD,	 /* none of the others */
	FB_LIST_PREFIX,
	FB_LIST_DOMAIN, /* and all below it */
	FB_LIST_BELOW,	/* "*.domain": what is below it alone */
	FB_LIST_HOST,	/* of a hosts file: this name alone */
	FB_LIST_JA4,
};

struct fb_list_entry {
	enum fb_list_kind kind;
	struct fb_cidr prefix;
	char text[256]; /* domain or host in lower case without a dot at its end; JA4 */
};

/* `line` is cut up; a comment begins with #, or a line of it with ; or !. */
void fb_list_line(char *line, struct fb_list_entry *entry);
