/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections from a file, one a line, their facts separated by tabs: the first line names the
 * columns, gzipped or not. Columns that it does not know, as labels, it does not look at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enrich/scope.h"
#include "policy/judged.h"
#include "util/why.h"

struct fb_feed;

/* "-" is standard input. 0 or -errno with the sentence. `scope` says what is inside, and stays. */
int fb_feed_open(const char *path, const struct fb_scope_list *scope, struct fb_feed **ret_feed,
		 struct fb_why *why);
void fb_feed_free(struct fb_feed *feed);

/*
 * The next connection: 1, 0 at the end, or -errno with a sentence that names the line. What
 * `ret_flow` refers to is good until the next call.
 */
int fb_feed_next(struct fb_feed *feed, struct fb_judged *ret_flow, struct fb_why *why);
