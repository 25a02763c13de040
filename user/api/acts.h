/* SPDX-License-Identifier: BSD-2-Clause */
/* What requests for acts have in common: their reason, and what is answered when they fail. */
#pragma once

#include <stdbool.h>

#include "engine/act.h"
#include "http/request.h"

/* False after answering that it is too long; NULL is no reason. */
bool fb_act_take_reason(struct fb_request *req, const char *text,
			char reason[static FB_ACT_REASON + 1]);

/* Answer that an act failed with `error`. */
void fb_act_failed(struct fb_request *req, int error);
