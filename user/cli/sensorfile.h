/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sensors whose live views a hub serves: a line each, "NAME URL TOKEN-FILE [CA-FILE]". No
 * others are ever asked, whatever sensors write to ClickHouse of themselves.
 */
#pragma once

#include "live/relay.h"
#include "util/why.h"

#define FB_SENSORFILE_MOST 1024 /* sensors */

/*
 * Read it, with the tokens that it names, and have the relay ask those from here on: all of it, or
 * nothing changes. 0; -errno with a sentence that names the line.
 */
int fb_sensorfile_use(const char *path, struct fb_relay *relay, struct fb_why *why);
