/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server's tables brought to what this flowbpf knows: migrations that it has no record of, then
 * columns of fields that are new. Done again, it does nothing.
 */
#pragma once

#include "fleet/clickhouse.h"
#include "fleet/fleetddl.h"

struct fb_fleetinit {
	struct fb_clickhouse *clickhouse; /* the server at hand; NULL: none, all is to be done */
	struct fb_fleetddl ddl;
	bool dry; /* statements are only told */
	void (*tell)(void *ctx, const char *sql);
	void *ctx;
	unsigned int done; /* statements */
};

/* 0, or -errno with a sentence. */
int fb_fleetinit_run(struct fb_fleetinit *init, struct fb_why *why);
