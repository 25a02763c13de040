/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of flows as it was at a moment, by rows around it. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

/* Flows of a moment, at most; the rest are left out. */
#define FB_PASTTHEN_MOST (1u << 20)

/*
 * One row for each flow that had begun and had not ended: the last one that was written at or
 * before the moment, else the one after it. *ret_w (to be freed), the newest first. 0 or -errno.
 */
int fb_pastthen(sqlite3 *db, int64_t at_ms, int64_t **ret_w, uint32_t *ret_n);
