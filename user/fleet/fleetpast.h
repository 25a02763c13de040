/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fleet's history as a source of answers for store/pastpool.h: a client of ClickHouse for each of
 * its threads, so that none waits for another's question.
 */
#pragma once

#include "fleet/clickhouse.h"
#include "store/pastpool.h"

struct fb_fleetpast;

/* -errno with a sentence. */
int fb_fleetpast_new(const struct fb_clickhouse_opts *opts, struct fb_fleetpast **ret_past,
		     struct fb_why *why);
/* NULL is fine. After the pool. */
void fb_fleetpast_free(struct fb_fleetpast *past);

struct fb_pastpool_source fb_fleetpast_source(struct fb_fleetpast *past);
