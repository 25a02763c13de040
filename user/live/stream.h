/* SPDX-License-Identifier: BSD-2-Clause */
/* The paths of the live streams: begin one, set its views, drop them. */
#pragma once

#include "http/route.h"

struct fb_hub;

/* The routes, with `hub` as their context. */
struct fb_route_table fb_stream_table(struct fb_hub *hub);
