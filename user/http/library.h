/* SPDX-License-Identifier: BSD-2-Clause */
/* What libmicrohttpd does by its version, asked when it runs: it may be newer than its header was.
 */
#pragma once

#include <stdbool.h>

/*
 * From 0.9.77 on it refuses malformed heads by itself when it is told to, and no longer leaves
 * them in memory as fb_guard_head() reads them.
 */
bool fb_library_is_strict(void);

/* Is `version` ("1.0.1") at least major.minor.patch? */
bool fb_library_at_least(const char *version, unsigned int major, unsigned int minor,
			 unsigned int patch);
