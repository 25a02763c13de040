/* SPDX-License-Identifier: BSD-2-Clause */
/* How a fleet's sensors fare, as its ClickHouse tells, on stdout. */
#pragma once

#include <stdbool.h>

struct fb_clickhouse;

/* `since`: a time ago, such as "1h". An exit code; of a failure the user was told. */
int fb_fleetlist_print(struct fb_clickhouse *clickhouse, const char *since, bool json);
