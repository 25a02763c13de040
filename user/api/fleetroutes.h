/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /fleet/sensors and series, which a hub alone has. A request waits with what it asks; its handler
 * is called once more when the answer, JSON as it is sent, is there.
 */
#pragma once

#include "http/request.h"
#include "store/pastpool.h"

int fb_api_fleet_sensors(struct fb_request *req);
int fb_api_fleet_series(struct fb_request *req);
int fb_api_fleet_live(struct fb_request *req);

bool fb_fleetroutes_are_asked(const struct fb_request *req);
/* What it asks. False after answering. */
bool fb_fleetroutes_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job);
