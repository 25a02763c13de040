/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the record of acts (store/auditlog.h) by a thread of its own, for a disk may take its time
 * and acts must not wait for it: a bounded queue before it, and the newest lines in memory behind
 * it. All that waits is written at once and then synced, so an act is on the disk as soon as that
 * has taken those before. What finds no room is counted, and the record itself tells how many.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/auditline.h"

#define FB_AUDITOR_QUEUE 256
#define FB_AUDITOR_SHOWN 1024 /* newest lines in memory */

#define FB_AUDITOR_COUNTERS(X)                                                                     \
	X(acts, false, "acts, refused ones and dry runs among them, since the start")              \
	X(lost, true, "acts that are not on record: what waits for the disk is full")              \
	X(failures, false, "times that the disk did not take the record of acts")

struct fb_auditor_state {
	struct fb_audit_head head;
	uint64_t written; /* the last line that the disk has */
	bool kept;	  /* on a disk at all */
	char failing[96]; /* why it cannot be written; empty: it can */
	struct fb_auditor_counters {
#define X(name, loss, help) uint64_t name;
		FB_AUDITOR_COUNTERS(X)
#undef X
	} counters;
};

struct fb_auditor;

int fb_auditor_new(struct fb_auditor **ret_auditor);
/* Go on with the record in `folder` (-1: in memory alone), by a thread. 0 or -errno. */
int fb_auditor_start(struct fb_auditor *auditor, int folder);
/* Try once more to write what waits, and free. NULL is fine. */
void fb_auditor_free(struct fb_auditor *auditor);

/* --- any thread ------------------------------------------------------------------------------- */

/* What is said of an act; texts may be empty, NULL is null. */
struct fb_audit_words {
	const char *act, *target, *flow, *user, *role, *peer, *by, *reason, *result;
	bool dry_run, ok;
	bool counted; /* `count` says how much was done */
	uint64_t count;
	bool previewed; /* what a preview showed: */
	uint64_t flows, entries;
	bool summed, past; /* and, where they are known, ... */
	uint64_t hosts, bytes, past_flows;
	uint32_t seconds; /* after which it ends by itself; 0: it does not */
	const char *undo; /* what takes it back; NULL: nothing does */
};

/* Put it on record. */
void fb_auditor_add(struct fb_auditor *auditor, const struct fb_audit_words *words);

/* Lines behind `after`, and not of before `since_ms`, oldest first: "{...},{...}". */
void fb_auditor_read(struct fb_auditor *auditor, uint64_t after, int64_t since_ms,
		     struct fb_buf *lines);
void fb_auditor_state(struct fb_auditor *auditor, struct fb_auditor_state *ret_state);
