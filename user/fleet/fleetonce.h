/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several sensors of a fleet saw of one connection, told once: which flows are left out so
 * that nothing counts twice. Flows of other sensors are of one connection where their protocol and
 * both ends agree, as they are outside of a NAT, and their times do. A private address is another
 * one at each site. Of the sensors that saw the same ends the one that counted most is believed;
 * what it has no flow of is another's. A sensor that knows of the NAT tells what those saw that are
 * inside, of which it knows the ends, too: whoever is believed is outside of the last NAT that a
 * sensor knows of, and one. One thread.
 */
#pragma once

#include <stdbool.h>

#include "util/buf.h"

/* Clocks of sensors that differ by more are not joined. */
#define FB_FLEETONCE_SKEW_MS 30000

/* Rows of one moment are written so much apart: for bounds that take what belongs together. */
#define FB_FLEETONCE_APART_MS (FB_FLEETONCE_SKEW_MS + 90000)

/* "GLOBAL NOT IN (...)" of (sensor_id, id), appended; `bounds`: " WHERE ..." of rows, or "". */
void fb_fleetonce_add(const char *database, bool modern, const char *bounds, struct fb_buf *text);
