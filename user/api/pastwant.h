/* SPDX-License-Identifier: BSD-2-Clause */
/* What each route asks of history: pages or folds, and of which fields. */
#pragma once

#include "api/params.h"
#include "store/pastquestion.h"

/* Has its route an answer from history? */
bool fb_pastwant_has(const struct fb_request *req);
enum fb_past_what fb_pastwant_what(const struct fb_request *req);

/* Fields, sort and place, of parameters that were read. False after answering. */
bool fb_pastwant_fill(struct fb_request *req, const struct fb_params *spec,
		      struct fb_past_ask *ask);
