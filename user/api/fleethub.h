/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API as a hub of a fleet has it: routes of FB_ROUTE_FLEET answer, of what sensors wrote; all
 * others say that they are asked of a sensor.
 */
#pragma once

#include "http/route.h"

struct fb_fleethub;

/* 0 or -ENOMEM. */
int fb_fleethub_new(struct fb_fleethub **ret_hub);
/* NULL is fine. After the server. */
void fb_fleethub_free(struct fb_fleethub *hub);

/* Serve a table so, whose context stays its own. 0, -ENOMEM or -ENOSPC. */
int fb_fleethub_serve(struct fb_fleethub *hub, struct fb_http *http,
		      const struct fb_route_table *table);
