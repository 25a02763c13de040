/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of the log, and acts, that name one: counted, or taken out. The writer's thread. */
#pragma once

#include "flow/person.h"
#include "store/erased.h"
#include "store/sqldb.h"

struct fb_erasedlines {
	const char *select; /* a number, then texts; behind ?1, at most ?2 */
	const char *drop;   /* that of the number ?1 */
	unsigned int max;
};

/*
 * Those from *at on, which then is how far it came; INT64_MAX: to the last. How many go is added to
 * `count`; those that a name alone tells are counted in `counts`, which has some for a preview.
 * 0 or -errno.
 */
int fb_erasedlines_step(const struct fb_erasedlines *of, sqlite3 *db, const struct fb_person *who,
			bool dry_run, int64_t *at, uint64_t *count, struct fb_erased *counts);
