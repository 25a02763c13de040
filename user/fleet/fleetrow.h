/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a fleet's tables as RowBinary, in the order of fleetcolumns.h. */
#pragma once

#include "fleet/fleetcolumns.h"
#include "past/told.h"
#include "util/buf.h"

#define FB_FLEET_LOSSES 192

struct fb_fleet_words {
	unsigned int n;
	const char *const *item;
};

struct fb_fleet_counts {
	unsigned int n;
	const uint64_t *item;
};

#define C_DATE	 uint64_t
#define C_TIME	 uint64_t
#define C_FLAG	 uint64_t
#define C_COUNT	 uint64_t
#define C_WORD	 const char *
#define C_TEXT	 const char *
#define C_WORDS	 struct fb_fleet_words
#define C_COUNTS struct fb_fleet_counts

/* All borrowed. `date` is made of `time`. */
struct fb_fleet_head {
#define X(name, type, help) C_##type name;
	FB_FLEET_HEAD(X)
#undef X
};

struct fb_fleet_flow {
#define X(name, type, help) C_##type name;
	FB_FLEET_FLOWS(X)
#undef X
};

struct fb_fleet_beat {
#define X(name, type, help) C_##type name;
	FB_FLEET_SENSORS(X)
#undef X
};

#undef C_DATE
#undef C_TIME
#undef C_FLAG
#undef C_COUNT
#undef C_WORD
#undef C_TEXT
#undef C_WORDS
#undef C_COUNTS

/* What of the flow was not told before. */
void fb_fleet_write_flow(struct fb_buf *row, const struct fb_fleet_head *head,
			 const struct fb_flow_at *at, const struct fb_told_part *part, bool ended);
void fb_fleet_write_sensor(struct fb_buf *row, const struct fb_fleet_head *head,
			   const struct fb_fleet_beat *beat);
