/* SPDX-License-Identifier: BSD-2-Clause */
/* What --history says: "on", "off", or limits, "flows=7d/2G,size=4G". */
#pragma once

#include "store/historylimits.h"
#include "util/why.h"

/* What is not named stays as by default; off: no bytes. 0, or -EINVAL with a sentence. */
int fb_history_opt(const char *value, struct fb_history_limits *ret_limits, struct fb_why *why);
