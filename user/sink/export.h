/* SPDX-License-Identifier: BSD-2-Clause */
/* What each exporter counts of itself: written by its own thread, read by any. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* X(name, loss, help): records == sent + dropped + those that wait. */
#define FB_EXPORT_COUNTERS(X)                                                                      \
	X(records, false, "flows and events that exporters were to send")                          \
	X(sent, false, "flows and events that exporters sent or wrote")                            \
	X(dropped, true, "flows and events that exporters did not send")                           \
	X(dropped_full, false, "of these, for there was no room while a receiver was away")        \
	X(dropped_refused, false, "of these, for the receiver refused them for good")              \
	X(dropped_torn, false, "of these, for a crash tore the file in which they waited")         \
	X(dropped_unwritten, false, "of these, for they could not be written down")                \
	X(batches, false, "messages and lines in which exporters sent them")                       \
	X(errors, false, "connections, sends and writes of exporters that failed")

struct fb_export_counters {
#define X(name, loss, help) atomic_uint_fast64_t name;
	FB_EXPORT_COUNTERS(X)
#undef X
	atomic_uint_fast64_t queue_bytes; /* that wait */
	atomic_int error;		  /* why they wait, -errno; 0: they do not */
};
