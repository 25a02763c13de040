/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One person's traces are taken out of the history, or counted: rows of flows that have an address
 * or the MAC at any place, what many flows share and none of the others has, sums by these keys,
 * hosts listed in windows, lines of the log and acts that name them. In steps, each a transaction
 * of its own, between what else is written; then what was free of the file goes, too. Used by the
 * writer's thread.
 */
#pragma once

#include <stdint.h>

#include "flow/person.h"
#include "store/erased.h"
#include "store/kindpages.h"
#include "store/retention.h"
#include "store/stars.h"

struct fb_erasure;

/* `dry_run`: nothing is changed, all is counted. 0 or -ENOMEM. */
int fb_erasure_new(const struct fb_person *who, bool dry_run, struct fb_erasure **ret_erasure);
/* NULL is fine. The connection that it was used with is still open. */
void fb_erasure_free(struct fb_erasure *erasure);

struct fb_erasure_in {
	sqlite3 *db;
	struct fb_retention *retention;
	struct fb_kindpages *pages;
	struct fb_stars *stars;
};

/* 1: there is more; 0: that was all; -errno: it is as before, and may be tried again. */
int fb_erasure_step(struct fb_erasure *erasure, const struct fb_erasure_in *in);
/* The file is another one from here on, or was opened again: all of it is looked through. */
void fb_erasure_restart(struct fb_erasure *erasure);
const struct fb_erased *fb_erasure_counts(const struct fb_erasure *erasure);
