/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Losses and full tables, told in the log when they begin and when they are over, not each second.
 * Used by the engine's thread.
 */
#pragma once

#include "engine/status.h"

#define FB_PRESSURE_TABLES 2

struct fb_pressure {
	struct {
		uint64_t last, before; /* its value, now and before the loss began */
		unsigned int quiet;    /* ticks until it is over; 0: no loss goes on */
	} loss[FB_STATUS_COUNTERS];    /* as the status has its counters */
	bool full[FB_PRESSURE_TABLES];
};

/* Once a tick; zero the struct to begin. */
void fb_pressure_tick(struct fb_pressure *pressure, const struct fb_status *status);
