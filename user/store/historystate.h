/* SPDX-License-Identifier: BSD-2-Clause */
/* What the history's writer knows of itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/historylimits.h"

/* X(name, loss, help) */
#define FB_HISTORY_COUNTERS(X)                                                                     \
	X(rows, false, "rows of flows written to the history")                                     \
	X(ends, false, "ends of flows written to the history")                                     \
	X(sums, false, "rows of sums over time written to the history")                            \
	X(expired, false, "rows of flows that were taken out of the history by age or size")       \
	X(retries, false, "times that the disk did not take a tick of the history")                \
	X(lost_ends, true, "ends of flows that found no room before the history's writer")         \
	X(lost_sums, true, "ten seconds of sums that the history's writer did not come to")        \
	X(lost_events, true, "lines of the log that the history's writer did not come to")         \
	X(others, false, "flows whose key found no room among those of ten seconds")               \
	X(taken_away, true, "times that the history's file was deleted or replaced, rows and all") \
	X(set_aside, true, "times that the history was torn, and a new one was begun")

/* What took the oldest of a kind last. */
enum fb_history_cut { FB_HISTORY_WHOLE, FB_HISTORY_BY_AGE, FB_HISTORY_BY_SIZE };

struct fb_history_held {
	uint64_t bytes;	  /* of pages in use */
	int64_t since_ms; /* the oldest; 0: there is none, or it is not known */
	enum fb_history_cut cut;
};

struct fb_historian_state {
#define X(name, loss, help) uint64_t name;
	FB_HISTORY_COUNTERS(X)
#undef X
	bool works;		  /* the last tick was written */
	char error[256];	  /* why not, or the last that was told; empty: nothing */
	int64_t error_ms;	  /* when */
	int64_t since_ms;	  /* oldest row of a flow; 0: there is none */
	int64_t written_ms;	  /* the last tick that was written */
	uint64_t kept_rows;	  /* of flows */
	uint64_t bytes;		  /* on the disk: the file and its log */
	uint64_t free_bytes;	  /* of these, that rows went from */
	unsigned int clock_steps; /* the wall clock was set */
	struct fb_history_held kind[FB_HISTORY_KINDS];
	struct fb_history_limits limits;
};
