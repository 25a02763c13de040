/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule as a request asks for it: members of its body. */
#pragma once

#include "engine/act.h"
#include "util/jsonin.h"

/* Names of these members, for fb_jsonin_only, among those of the caller. */
#define FB_RULEASKED_MEMBERS                                                                       \
	"what", "for", "permanent", "confirm", "reason", "rate_up", "rate_down", "per"

/* What is wrong is noted at `in`. */
void fb_ruleasked_read(struct fb_jsonin *in, struct fb_act *act);
