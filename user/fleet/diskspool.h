/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches that wait for a receiver, a file each in a folder, the oldest first out. What they are is
 * in their names, so that a file that is torn is counted like one that is whole. Bounded in bytes:
 * the oldest makes way. Files are not synced: those that go out at once never reach the disk, and
 * what a crash of the machine tears is seen and counted. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/why.h"

/* X(name, help): why batches were dropped. */
#define FB_DISKSPOOL_REASONS(X)                                                                    \
	X(full, "flows that made way for newer ones, for the spool was full")                      \
	X(refused, "flows that the receiver refused for good")                                     \
	X(torn, "flows of files that a crash tore")                                                \
	X(unwritten, "flows that found no room on the disk, or in memory")

enum fb_diskspool_reason {
#define X(name, help) FB_DISKSPOOL_##name,
	FB_DISKSPOOL_REASONS(X)
#undef X
		FB_DISKSPOOL_REASON_COUNT
};

/* X(member): what the name of a file has, in that order. */
#define FB_BATCH_NAME(X)                                                                           \
	X(number) /* the lowest is the oldest */                                                   \
	X(id)	  /* at random: the receiver knows it by that */                                   \
	X(kind)	  /* the user's */                                                                 \
	X(rows)                                                                                    \
	X(packets)                                                                                 \
	X(bytes) /* that rows count */                                                             \
	X(first_ms)                                                                                \
	X(last_ms) /* of rows */                                                                   \
	X(len)                                                                                     \
	X(crc) /* of the file */

struct fb_batch {
#define X(member) uint64_t member;
	FB_BATCH_NAME(X)
#undef X
	bool busy;
	bool unsure; /* an earlier try may have been taken */
};

struct fb_diskspool_loss {
	uint64_t batches, rows, packets, bytes;
};

struct fb_diskspool_state {
	uint64_t batches, bytes, rows; /* that wait */
	uint64_t oldest_ms;	       /* of their rows; 0: none waits */
	struct fb_diskspool_loss lost[FB_DISKSPOOL_REASON_COUNT];
	int error; /* why the last batch was not written, -errno; 0: it was */
};

enum fb_diskspool_end {
	FB_DISKSPOOL_SENT,
	FB_DISKSPOOL_REFUSED, /* set aside as NAME.refused, a few of them */
	FB_DISKSPOOL_LATER,
};

struct fb_diskspool;

/* The folder `name` of `state`, made if it is not there; batches of earlier runs wait in it. */
int fb_diskspool_open(int state, const char *name, uint64_t limit, struct fb_diskspool **ret_spool,
		      struct fb_why *why);
/* NULL is fine. What waits stays on the disk. */
void fb_diskspool_close(struct fb_diskspool *spool);

/* `number`, `len` and `crc` are made here. What finds no room is counted. */
void fb_diskspool_add(struct fb_diskspool *spool, struct fb_batch batch, const void *data,
		      size_t len);
/* So many rows could not even be made. */
void fb_diskspool_lose(struct fb_diskspool *spool, const struct fb_batch *batch);

/* The oldest with its bytes, which is busy until its end is told; false: none waits. */
bool fb_diskspool_take(struct fb_diskspool *spool, struct fb_batch *ret_batch, struct fb_buf *data);
/* `unsure`: of FB_DISKSPOOL_LATER. */
void fb_diskspool_end(struct fb_diskspool *spool, const struct fb_batch *batch,
		      enum fb_diskspool_end end, bool unsure);

/* Until fb_diskspool_wake, or `for_batch` until one waits, for at most so long. */
void fb_diskspool_wait(struct fb_diskspool *spool, unsigned int ms, bool for_batch);
void fb_diskspool_wake(struct fb_diskspool *spool);

void fb_diskspool_state(struct fb_diskspool *spool, struct fb_diskspool_state *ret_state);
