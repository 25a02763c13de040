/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon counts of all, for exporters that tell it. */
#pragma once

#include <stdint.h>

struct fb_sink_totals {
	uint64_t uptime_ms;
	uint64_t packets, bytes;     /* that were seen */
	uint64_t dropped, malformed; /* of these packets, those that found no room; that are none */
	uint64_t losses;	     /* of anything */
};
