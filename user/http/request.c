/* SPDX-License-Identifier: BSD-2-Clause */
/* What came with a request; see the header. */
#include "http/request.h"

#include <string.h>

static const char *const role_words[FB_ROLES] = {
	[FB_ROLE_VIEWER] = "viewer",
	[FB_ROLE_OPERATOR] = "operator",
	[FB_ROLE_ADMIN] = "admin",
};

const char *fb_role_word(enum fb_role role)
{
	return role_words[role];
}

enum fb_role fb_role_of(const char *word)
{
	for (unsigned int i = FB_ROLE_VIEWER; i < FB_ROLES; i++)
		if (!strcmp(word, role_words[i]))
			return (enum fb_role)i;
	return FB_ROLE_NONE;
}

const char *fb_request_header(const struct fb_request *req, const char *name)
{
	return MHD_lookup_connection_value(req->mhd, MHD_HEADER_KIND, name);
}
