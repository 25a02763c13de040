/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/clock.h"

_Atomic int64_t fb_wall_shown_ms;
