/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What flows of the past did and when, a part a row: for who works out how it went over time. By a
 * thread of the pool, on its connection.
 */
#pragma once

#include "store/pastpool.h"

struct fb_past_part {
	const struct fb_past_row *row; /* of the fields that were asked for, and closed_at */
	int64_t from_ms, to_ms, written_ms;
	uint64_t bytes; /* both ways, in that time */
	bool lives;	/* it had not ended when it was written */
};

/* Rows are the callee's until it returns. 0 or -errno, which ends it. */
typedef int (*fb_past_part_fn)(void *ctx, const struct fb_past_part *part);

/*
 * The newest first. `whole`: each flow once, from its begin, by its last row; else each stretch
 * between two rows that it moved something in. The job's answer has how far it came: time that is
 * up ends it with 0. -EINVAL with the job's error; -EINTR: nobody waits.
 */
int fb_past_parts(struct sqlite3 *db, struct fb_past_job *job, bool whole, fb_past_part_fn fn,
		  void *ctx);
