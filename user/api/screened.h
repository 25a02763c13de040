/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What those are told who may not know of hosts and people (--anonymise viewer:...): flows by an
 * anonymised snapshot, all else by what is left of it here.
 */
#pragma once

#include <stdbool.h>

#include "http/request.h"

struct fb_api;
struct fb_snapshot;
struct fb_status;
struct fb_window;

/* The newest one, as who asks may see it; NULL: memory is short. */
struct fb_snapshot *fb_api_snapshot(const struct fb_api *api, bool anonymised);

/* Where exporters send to, what they say, why not all is well: sentences that name hosts. */
void fb_told_status(struct fb_status *status, bool anonymised);

/* The hosts that came and went. */
void fb_told_window(const struct fb_api *api, struct fb_window *window, bool anonymised);

/* This of all that the route has cannot be told without names. */
void fb_told_refuse(struct fb_request *req, const char *what);
