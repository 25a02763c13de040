/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches to ClickHouse, inserted whole. After a try of which nobody knows what became of it, the
 * server is asked first whether it has the batch.
 */
#pragma once

#include "fleet/clickhouse.h"
#include "fleet/outlet.h"

/* All borrowed, for as long as the outlet is used. */
struct fb_clickhouseoutlet {
	struct fb_clickhouse *clickhouse;
	const char *sensor; /* its id */
};

/* `of` is its context. */
struct fb_outlet fb_clickhouseoutlet(struct fb_clickhouseoutlet *of);
