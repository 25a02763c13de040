/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the operator's lists a flow is on: by its outside addresses, the names of where it goes
 * and its JA4. What stands on a list of exceptions is on none. Used by the engine's thread.
 */
#pragma once

#include "enrich/listset.h"
#include "enrich/scope.h"
#include "flow/flow.h"
#include "flow/listhits.h"

#define FB_LISTS 32

struct fb_list {
	char name[FB_LIST_NAME_TEXT + 1];
	bool allow; /* of exceptions */
	struct fb_listset *set;
};

struct fb_lists {
	unsigned int n;
	uint64_t version; /* another one with each change */
	struct fb_list list[FB_LISTS];
};

/* Look in these from now on, whose sets are referenced; `n` at most FB_LISTS. */
void fb_lists_use(struct fb_lists *lists, const struct fb_list *list, unsigned int n);
/* Zeroed ones are fine. */
void fb_lists_drop(struct fb_lists *lists);

/*
 * Number of its hits (flow/listhits.h); 0: it is on none. Inside addresses are on none.
 * `dns_name`, which may be NULL, counts with its names.
 */
uint16_t fb_lists_number(const struct fb_lists *lists, const struct fb_scope_list *scopes,
			 const struct fb_flow *flow, const char *dns_name);
