/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to history answered. Used by one thread, but for what tells of the progress. */
#pragma once

#include <sqlite3.h>

#include "store/pastquestion.h"

#define FB_PAST_WATCH 4000 /* operations of SQLite between two looks whether to go on */

/* Nobody waits any more, or the time is up. */
bool fb_past_gives_up(struct fb_past_progress *progress, uint64_t deadline_ms);

/*
 * 0; -EINVAL with `error` (what cannot be asked of the past), -ECANCELED, -ENOMEM, -ENODATA (no
 * flow of that id), -ETIME (none in that time), -EIO and others of the database.
 */
int fb_past_run(sqlite3 *db, const struct fb_past_ask *ask, struct fb_past_progress *progress,
		struct fb_past_answer *ret_answer, struct fb_filter_error *ret_error);
void fb_past_answer_fini(struct fb_past_answer *answer);
