/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of a fleet's tables as JSON, for whoever is no ClickHouse: an object a row, its members
 * named as the columns. Dates are "2026-12-01", times ms since 1970, addresses text of IPv6 with
 * IPv4 as
 * "::ffff:192.0.2.1"; what is 0 or empty is left out.
 */
#pragma once

#include "fleet/fleetcolumns.h"
#include "util/buf.h"

/* The row at `data` as RowBinary, of which it takes what it returns; 0: it is torn. */
size_t fb_rowjson(enum fb_fleet_table table, const char *data, size_t len, struct fb_buf *json);
