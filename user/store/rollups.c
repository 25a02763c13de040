/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rollups.h"

const unsigned int fb_rollup_steps[FB_ROLLUP_STEPS] = {10, 60, 3600};

const struct fb_rollup_by_what fb_rollup_bys[FB_ROLLUP_BYS_COUNT] = {
#define X(word, number, field) [number] = {#word, field},
	FB_ROLLUP_BYS(X)
#undef X
};
