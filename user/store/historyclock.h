/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far the wall clock is to be believed. A machine without a clock begins in 1970 or 2036 until
 * somebody tells it the time: what was written meanwhile is moved to where it belongs. A clock that
 * stood for an hour was right: what it wrote stays where it is. Used by the writer's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/sqldb.h"

struct fb_historyclock {
	int64_t ahead_ms;   /* of the wall clock before the other */
	uint64_t since_ns;  /* CLOCK_BOOTTIME: it stands since; 0: no tick yet */
	uint64_t now_ns;    /* of the last tick */
	int64_t from_ms;    /* the wall clock then; what was written since goes with it */
	int64_t last_ms;    /* ... and at the last tick */
	bool doubted;	    /* until it stood for an hour */
	unsigned int steps; /* times that it was set */
};

/* How it was set. */
struct fb_clockstep {
	int64_t by_ms;		    /* 0: it was not, or by little */
	int64_t from_ms, before_ms; /* what was written from and before is `by_ms` wrong ... */
	bool moves;		    /* ... for it had not stood long */
};

/* `newest_ms`: of what is kept, 0: nothing is. A tick of the wall clock and of the other. */
void fb_historyclock_start(struct fb_historyclock *clock, int64_t newest_ms);
struct fb_clockstep fb_historyclock_tick(struct fb_historyclock *clock, int64_t wall_ms,
					 uint64_t now_ns);

/* Nothing is too old by a clock that was set far, or began far from what is kept, just now. */
bool fb_historyclock_is_settled(const struct fb_historyclock *clock);
/* It stands so long that it is right, whatever was before. */
bool fb_historyclock_has_stood(const struct fb_historyclock *clock);
uint32_t fb_historyclock_stood_s(const struct fb_historyclock *clock);

/* Flows, sums and windows of a step's time go where they belong; in a transaction of its own. 0 or
 * -errno: nothing was moved.
 */
int fb_historyclock_move(sqlite3 *db, const struct fb_clockstep *step);
