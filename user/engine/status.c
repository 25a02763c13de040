/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/status.h"

#include <stdarg.h>
#include <stdio.h>

const uint32_t fb_tick_bounds[FB_TICK_BUCKETS] = {
	250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
};

uint64_t fb_status_losses(const struct fb_status *status)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < status->n_counters; i++)
		sum += status->counters[i].loss ? status->counters[i].value : 0;
	return sum;
}

void fb_status_degrade(struct fb_status *status, const char *fmt, ...)
{
	va_list args;

	if (status->n_degraded == sizeof(status->degraded) / sizeof(*status->degraded))
		return;
	va_start(args, fmt);
	vsnprintf(status->degraded[status->n_degraded++], FB_STATUS_REASON, fmt, args);
	va_end(args);
}

void fb_status_age(struct fb_status *status, uint64_t now_ns)
{
	status->age_ms = now_ns > status->made_ns ? (now_ns - status->made_ns) / 1000000 : 0;
	if (status->age_ms > FB_STATUS_STALE_MS)
		fb_status_degrade(status,
				  "the last tick is %llu s old: flows and counts are as they were "
				  "then",
				  (unsigned long long)status->age_ms / 1000);
}
