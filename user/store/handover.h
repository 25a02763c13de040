/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the history has of a host, or of any flows, in a period, as evidence: the flows, the log,
 * acts, windows and runs of that time. By a thread of the history's.
 */
#pragma once

#include <stdint.h>

struct fb_past_job;
struct sqlite3;

/* What is handed over, and then where; one allocation. */
struct fb_handover {
	const char *folder; /* where there is room; outlives it */
	int64_t since_ms, until_ms, now_ms;
	int fd; /* the archive, -1: not yet */
	uint64_t bytes;
	char about[]; /* JSON: who asked for what, of which program and machine */
};

/* As fb_past_job.other, of a question for FB_PAST_NEXT; `what` is the handover. One at a time, or
 * -EBUSY. */
int fb_handover_make(struct sqlite3 *db, struct fb_past_job *job);
/* What came of it goes; as fb_past_job.end. */
void fb_handover_end(void *handover);
