/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule about flows measures, by the values of its field: sums over its window from what
 * moved in each tick, and now and then a look at all that live. One thread, and none that is in a
 * hurry.
 */
#pragma once

#include "policy/alertrule.h"

#define FB_ALERT_KEYS	 1024  /* of a rule; flows of others are counted as left out */
#define FB_ALERT_SEEN	 65536 /* values that "new" remembers */
#define FB_ALERT_WINDOWS 10    /* parts of a window */

struct fb_alertlook;

/* One measured value. */
struct fb_alert_measured {
	const char *key; /* as long as the look is not fed again */
	uint64_t value;
	uint16_t link; /* an interface that its flows passed; 0: none */
};

/* `rule` is borrowed. 0 or -ENOMEM. */
int fb_alertlook_new(const struct fb_alert_rule *rule, struct fb_alertlook **ret_look);
/* Go on for this one, which says the same. */
void fb_alertlook_follow(struct fb_alertlook *look, const struct fb_alert_rule *rule);
/* NULL is fine. */
void fb_alertlook_free(struct fb_alertlook *look);

/* Once a tick. `all`: look at all that live, too, where the measure needs that. */
void fb_alertlook_feed(struct fb_alertlook *look, const struct fb_snapshot *snapshot, bool all);

/* Value number *pos, which moves on; false: there are no more. */
bool fb_alertlook_next(const struct fb_alertlook *look, uint32_t *pos,
		       struct fb_alert_measured *ret_measured);

/* Flows whose key found no room. */
uint64_t fb_alertlook_left_out(const struct fb_alertlook *look);
