/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question to a fleet's history answered by ClickHouse, as store/pastrun.h answers one to a
 * machine's own. Used by one thread with its client.
 */
#pragma once

#include "fleet/clickhouse.h"
#include "store/pastquestion.h"

/* As fb_past_run; of what a server says, the error has the sentence. */
int fb_fleetask_run(struct fb_clickhouse *clickhouse, const struct fb_past_ask *ask,
		    struct fb_past_progress *progress, struct fb_past_answer *ret_answer,
		    struct fb_filter_error *ret_error);
