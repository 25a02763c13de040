/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may be done without a person who asked: little, and not much at once. A detector that errs,
 * or whom somebody leads on by forged addresses, then cuts off few. Nothing is, until the operator
 * switches a kind of evidence and a direction on. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "flow/verdict.h"
#include "policy/mayact.h"
#include "util/addr.h"

/* --- how much --------------------------------------------------------------------------------- */

#define FB_AUTOMATION_MINUTE 20
#define FB_AUTOMATION_ALL    2000
#define FB_AUTOMATION_OPEN   128 /* others than blocks of an address: half of FB_RULES_OPEN */

struct fb_automation {
	int64_t made_ms[FB_AUTOMATION_MINUTE]; /* the last ones, since 1970; 0: none */
	unsigned int next;
};

/* Of rules that are in force, whoever made them. */
struct fb_automation_beside {
	unsigned int all, open;
};

/* No wider than /24, of IPv6 /48. */
bool fb_automation_is_narrow(const struct fb_cidr *net);

/* May there be one more now, beside so many that are in force? `open`: it is no block of an
 * address. */
bool fb_automation_may(const struct fb_automation *automation,
		       const struct fb_automation_beside *beside, bool open, int64_t now_ms);
void fb_automation_note(struct fb_automation *automation, int64_t now_ms);
/* How many there were in the last minute. */
unsigned int fb_automation_used(const struct fb_automation *automation, int64_t now_ms);

/* --- of what ---------------------------------------------------------------------------------- */

/* Directions are enum fb_scope: from inside to outside, from outside to inside. */
#define FB_AUTOMATION_SCOPES 2
_Static_assert(FB_SCOPE_INTERNAL_EXTERNAL == 0 && FB_SCOPE_EXTERNAL_INTERNAL == 1,
	       "directions count from 0");

struct fb_automation_switches {
	uint32_t seconds[FB_KIND_COUNT][FB_AUTOMATION_SCOPES]; /* that an act lasts; 0: off */
};

#define FB_AUTOMATION_CONFIDENCE 900  /* of the second judge, in 1/1000: at least */
#define FB_AUTOMATION_DEFAULT	 3600 /* seconds that an act lasts */
#define FB_AUTOMATION_LONGEST	 86400
