/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks (jiffies) a second that a kernel can have: it does not tell, and the nearest is taken. */
#pragma once

#define FB_TICK_RATES (sizeof(fb_tick_rates) / sizeof(*fb_tick_rates))

static const unsigned int fb_tick_rates[] = {100, 128, 250, 256, 300, 1000, 1024};
