/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of history made into a snapshot that queries and writers read as one of now: records, their
 * cells, and texts that each stand once. Built by one thread, then immutable.
 */
#pragma once

#include "flow/past.h"
#include "util/index.h"

#define FB_PASTROWS_MOST  131072      /* records of a snapshot */
#define FB_PASTROWS_TEXTS (48u << 20) /* bytes of texts and addresses */

struct fb_pastrows;

/* `columns` are copied. NULL when memory is short. */
struct fb_pastrows *fb_pastrows_new(const struct fb_past_columns *columns);
void fb_pastrows_free(struct fb_pastrows *rows);

/* What a cell leads to comes to stand here. 0, -ENOMEM, or -ENOSPC. */
int fb_pastrows_keep(struct fb_pastrows *rows, struct fb_past_cell *cell);

/* A record of these cells, whose texts are kept. -ENOSPC: there is room for no more. */
int fb_pastrows_add(struct fb_pastrows *rows, const struct fb_past_cell *cells, bool part,
		    uint32_t *ret_number);
/* That of the same cells, or another one. `part` tells them apart as well. */
int fb_pastrows_fold(struct fb_pastrows *rows, const struct fb_past_cell *cells, bool part,
		     uint32_t *ret_number);

/* Few records are left: from here on they should be for what is told apart first. */
bool fb_pastrows_is_crowded(const struct fb_pastrows *rows);

/* To count more to. */
struct fb_past_row *fb_pastrows_row(struct fb_pastrows *rows, uint32_t number);
struct fb_flow *fb_pastrows_flow(struct fb_pastrows *rows, uint32_t number);
struct fb_traffic *fb_pastrows_traffic(struct fb_pastrows *rows, uint32_t number);

/* The rows are the snapshot's from then on. NULL when memory is short. */
struct fb_snapshot *fb_pastrows_finish(struct fb_pastrows **rows, int64_t now_ms);
