/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One statement after the other for somebody who waits: each is written for the server that is
 * asked, for those of a fleet may be of several versions, and is asked of the next one where that
 * does not answer. One thread.
 */
#pragma once

#include "fleet/clickhouse.h"

/* How the server that is asked wants it. */
struct fb_fleetdialect {
	const char *database;
	bool modern;
};

/* Appends the statement. */
typedef void fb_fleetquery_write(void *ctx, const struct fb_fleetdialect *dialect,
				 struct fb_buf *text);

struct fb_fleetquery {
	struct fb_clickhouse *clickhouse; /* borrowed */
	const atomic_bool *stop;	  /* as of fb_fetch; or NULL */
	uint64_t deadline_ms;		  /* of the monotonic clock */
	struct fb_buf text, said;	  /* `said`: the answer, NUL behind it */
	struct fb_why why;
};

/* 0; or -errno with a sentence: -ETIME, -EFBIG, -ECANCELED. */
int fb_fleetquery_ask(struct fb_fleetquery *query, fb_fleetquery_write *write, void *ctx);
void fb_fleetquery_fini(struct fb_fleetquery *query);

/* "time" as ms since 1970. */
const char *fb_fleetdialect_ms(const struct fb_fleetdialect *dialect);
/* Rows from a moment on: "date >= ... AND time >= ..."; `op` is ">=" or "<=" or "<". */
void fb_fleetdialect_bound(const struct fb_fleetdialect *dialect, const char *op, int64_t ms,
			   struct fb_buf *text);
/* A text between quotes, whoever wrote it. */
void fb_fleetdialect_escape(const char *value, struct fb_buf *text);
