/* SPDX-License-Identifier: BSD-2-Clause */
/* alertlooks.c: what rules measure that are of no flows: interfaces, devices, this machine;
 * alertnext.c: other rules while it runs. The book's thread. */
#pragma once

#include "engine/alertbook.h"

/* Of a rule that came later: what is there is not new. */
void fb_alertlooks_learn(struct fb_alertbook *book, unsigned int i,
			 const struct fb_snapshot *snapshot);
/* Once a tick: what is known of interfaces and losses. */
void fb_alertlooks_note(struct fb_alertbook *book, const struct fb_snapshot *snapshot,
			uint64_t losses);
/* With the book's lock held, before a tick looks at rules. */
void fb_alertnext_take(struct fb_alertbook *book, const struct fb_snapshot *snapshot,
		       fb_alert_tell tell);
void fb_alertnext_free(struct fb_alertnext *next);
const struct fb_alert_rules *fb_alertnext_rules(const struct fb_alertnext *next);
/* Before the first tick: the rules of the config and those that were made. -errno with a sentence.
 */
int fb_alertnext_begin(struct fb_alertbook *book, struct fb_why *why);

/* Looks at flows, for those rules that need one. 0 or -ENOMEM. */
int fb_alertlooks_new(const struct fb_alert_rules *rules,
		      struct fb_alertlook *looks[static FB_ALERT_RULES]);

/* All that breaks the limit of rule `i`. With the book's lock held. */
void fb_alertlooks_see(struct fb_alertbook *book, unsigned int i,
		       const struct fb_snapshot *snapshot, const struct fb_alert_moment *moment);
