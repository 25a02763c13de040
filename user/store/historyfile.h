/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of the history: opened, or made, or set aside where it is torn or not ours, as
 * history.db.old-N. WAL: readers and the writer do not wait for each other, and what was committed
 * stands whatever ends the program. Any thread, one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/historylimits.h"
#include "store/sqldb.h"
#include "util/why.h"

#define FB_HISTORY_PATH 240

/*
 * Open it for writing; *ret_db is to be closed. `why` holds a sentence where something is to be
 * told, though it went well: what was there was set aside. -EPERM: another machine's history;
 * -EPROTONOSUPPORT: one of a later version; -errno; all with a sentence.
 */
int fb_historyfile_open(const char *folder, sqlite3 **ret_db, struct fb_why *why);

/* Which file it is, and its log of writes. */
struct fb_historyfile_id {
	uint64_t dev, ino, wal_ino;
};

void fb_historyfile_identify(const char *folder, struct fb_historyfile_id *ret_id);
/* Is it still there, by its name? What of it is not stands in *ret_gone: "was deleted", ... */
bool fb_historyfile_is_there(const char *folder, const struct fb_historyfile_id *id,
			     const char **ret_gone);
/*
 * Close one that is not there any more: nothing is written by its name. Where only the log is gone
 * all that is in it goes to the file first. True: nothing is lost.
 */
bool fb_historyfile_leave(const char *folder, const struct fb_historyfile_id *id, sqlite3 **db);

/* Rename it to the first free history.db.old-N; it must be closed. 0 or -errno. */
int fb_historyfile_set_aside(const char *folder, char old[static FB_HISTORY_PATH]);
