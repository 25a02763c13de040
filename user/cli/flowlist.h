/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows that a verb lists, page by page, as a table, as JSON lines or as CSV. */
#pragma once

#include "cli/daemon.h"
#include "cli/listing.h"
#include "cli/searchbar.h"

#define FB_FLOWLIST_NO_LIMIT UINT32_MAX
#define FB_FLOWLIST_PAST_S   40 /* more than a question to history may take */

struct fb_flowlist {
	const char *socket, *params; /* of /api/v1/flows: "?live=..&sort=.." */
	const char *fields;	     /* NULL: those that fit */
	enum fb_listing_kind kind;
	bool watched;		  /* the screen is emptied before, and a table has its height */
	struct fb_searchbar *bar; /* of history, of which the daemon has 30 s to answer; NULL */
	uint32_t limit;		  /* 0: all; FB_FLOWLIST_NO_LIMIT: what fits the kind */
};

/* The list as it is now, and how many they are. An exit code: the user was told. */
int fb_flowlist_print(const struct fb_flowlist *list);

/* What went wrong between the daemon and stdout, as an exit code: the user is told. */
int fb_flowlist_fail(const struct fb_daemon *daemon, int error);
