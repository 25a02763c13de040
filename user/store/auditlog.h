/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of acts on the disk: lines appended to audit.ndjson, each with the hash of the one
 * before (store/auditline.h), rotated by size; the chain goes on over files, of which the oldest
 * go. Of the ways that others have it: no sealing with keys that change (journald), for who can
 * write here could be us from the start; no tree of hashes (Certificate Transparency), for a
 * line of text that sha256sum can follow is worth more than short proofs; but a head that others
 * can keep, as its signed tree heads are.
 *
 * What cannot be written waits, FB_AUDITLOG_WAITING bytes of it, and is tried again; further
 * lines are refused. A line that was cut by a crash is taken off, which was on no disk as a whole.
 * Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/auditline.h"
#include "util/why.h"

#define FB_AUDITLOG_FILE    (4u * 1024 * 1024) /* bytes, after which it is rotated */
#define FB_AUDITLOG_FILES   16
#define FB_AUDITLOG_WAITING (1024u * 1024)

struct fb_auditlog {
	int folder; /* borrowed; -1: nothing is kept */
	int fd;
	size_t file_bytes, file_max; /* of audit.ndjson; when it is rotated */
	uint64_t file_first;	     /* its first line; 0: it is empty */
	struct fb_audit_head head;   /* with what waits */
	uint64_t written;	     /* the last line on the disk */
	struct fb_buf waiting;
	bool synced; /* the disk has all that was written, and the head */
};

/*
 * Go on where the last run ended. -errno: nothing can be kept for now, call it again. 1 with a
 * sentence: the record is not as that run left it, which the chain shows from here on.
 */
int fb_auditlog_open(struct fb_auditlog *log, int folder, size_t file_max, struct fb_why *why);
/* What waits is lost. A zeroed one is fine. */
void fb_auditlog_close(struct fb_auditlog *log);

/* Each line that there is, oldest first, of the last two files. */
void fb_auditlog_each(struct fb_auditlog *log, void (*fn)(void *ctx, const char *line, size_t len),
		      void *ctx);

/* Append the line of `object` to `line` and to what waits. -ENOSPC: too much waits; -ENOMEM. */
int fb_auditlog_add(struct fb_auditlog *log, const char *object, struct fb_buf *line);

/* Write what waits, and have the disk take it. 0 or -errno: it waits on. */
int fb_auditlog_flush(struct fb_auditlog *log);
