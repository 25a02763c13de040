/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server counts about itself; part of the health report. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* X(name, help) */
#define FB_HTTP_COUNTERS(X)                                                                        \
	X(requests, "HTTP requests answered")                                                      \
	X(refused, "HTTP requests refused as malformed or by Host")                                \
	X(denied, "HTTP requests denied for want of login, role or origin")                        \
	X(limited, "logins refused because too many failed")                                       \
	X(logins_busy, "logins by password refused because too many others waited")                \
	X(cached, "answers that were made for somebody else")                                      \
	X(cache_full, "answers that found no room to be kept for others")                          \
	X(stream_refused, "streams refused because of a limit")                                    \
	X(stream_skipped, "ticks that a slow stream skipped")                                      \
	X(stream_dropped, "streams cut because their reader stood still")

struct fb_http_counters {
#define X(name, help) atomic_uint_fast64_t name;
	FB_HTTP_COUNTERS(X)
#undef X
	atomic_uint_fast64_t streams; /* open now */
};
