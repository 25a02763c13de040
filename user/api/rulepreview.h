/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule would do, before it does it: the flows of now, what history has met in a day, what is
 * left alone, whether it may be at all. History has two seconds; without it the rest is told.
 */
#pragma once

#include <stdbool.h>

#include "engine/act.h"
#include "http/request.h"

/*
 * Answer about the act, of FB_ACT_RULE_ADD; `token`: with one for it, good for a minute. Called
 * again, with the same, once history has answered. 0 or -errno.
 */
int fb_rulepreview(struct fb_request *req, struct fb_act *act, bool token);

/* Where nobody said whether it is to be confirmed: it is if it touches inside hosts. 0 or -errno.
 */
int fb_rulepreview_care(struct fb_request *req, struct fb_act *act);
