/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks, as one number each. */
#pragma once

#include <stdint.h>
#include <time.h>

#define FB_NS_PER_S  1000000000ull
#define FB_NS_PER_MS 1000000ull

static inline uint64_t fb_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * FB_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Since an unknown moment, without jumps. */
static inline uint64_t fb_monotonic_ns(void)
{
	return fb_clock_ns(CLOCK_MONOTONIC);
}

static inline uint64_t fb_monotonic_ms(void)
{
	return fb_monotonic_ns() / FB_NS_PER_MS;
}

/*
 * The moment of a capture that is shown in place of now, for the whole process; 0: none is. What is
 * said of time then is said of the capture's.
 */
extern _Atomic int64_t fb_wall_shown_ms;

/* One that has no time has the first. */
static inline void fb_wall_show(int64_t ms)
{
	fb_wall_shown_ms = ms ? ms : 1;
}

/* Since 1970. */
static inline int64_t fb_wall_ms(void)
{
	const int64_t shown_ms = fb_wall_shown_ms;

	return shown_ms ? shown_ms : (int64_t)(fb_clock_ns(CLOCK_REALTIME) / FB_NS_PER_MS);
}

/* A moment of CLOCK_MONOTONIC, for pthread_cond_timedwait and the like. */
static inline struct timespec fb_monotonic_in_ms(uint64_t ms)
{
	const uint64_t until = fb_monotonic_ns() + ms * FB_NS_PER_MS;

	return (struct timespec){(time_t)(until / FB_NS_PER_S), (long)(until % FB_NS_PER_S)};
}
