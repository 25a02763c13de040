/* SPDX-License-Identifier: BSD-2-Clause */
/* What begins and what is over, from one status to the next. */
#include "engine/pressure.h"

#include "util/log.h"

#define QUIET_TICKS    10 /* without a loss, until it is over */
#define NEARLY_PERCENT 90
#define RELIEF_PERCENT 80 /* lower, so that a table on the edge fills no log */

static void watch_loss(struct fb_pressure *pressure, unsigned int i,
		       const struct fb_counter *counter)
{
	const uint64_t last = pressure->loss[i].last;

	pressure->loss[i].last = counter->value;
	if (counter->value > last) {
		if (!pressure->loss[i].quiet) {
			pressure->loss[i].before = last;
			fb_warn("loss", "%s: %llu so far (%s)", counter->name,
				(unsigned long long)counter->value, counter->help);
		}
		pressure->loss[i].quiet = QUIET_TICKS;
	} else if (pressure->loss[i].quiet && --pressure->loss[i].quiet == 0) {
		fb_info("loss", "%s: over, %llu were lost, %llu since the start", counter->name,
			(unsigned long long)(last - pressure->loss[i].before),
			(unsigned long long)last);
	}
}

static void watch_table(bool *full, const char *name, const char *help, uint64_t used, uint64_t max)
{
	if (!*full && max && used * 100 >= max * NEARLY_PERCENT) {
		*full = true;
		fb_warn("pressure", "%s is nearly full, %llu of %llu: %s", name,
			(unsigned long long)used, (unsigned long long)max, help);
	} else if (*full && used * 100 < max * RELIEF_PERCENT) {
		*full = false;
		fb_info("pressure", "%s has room again, %llu of %llu", name,
			(unsigned long long)used, (unsigned long long)max);
	}
}

void fb_pressure_tick(struct fb_pressure *pressure, const struct fb_status *status)
{
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (status->counters[i].loss)
			watch_loss(pressure, i, &status->counters[i]);
	watch_table(&pressure->full[0], "the flow table",
		    "idle flows are given up early; start with a larger --max-flows",
		    status->rows_used, status->rows_max);
	watch_table(&pressure->full[1], "the conntrack table",
		    "the kernel will refuse new connections; raise net.netfilter.nf_conntrack_max",
		    status->conntrack.entries, status->conntrack.max);
}
