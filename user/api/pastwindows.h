/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows: those in memory, and with a `since` those of the history; see
 * api/pastask.h. */
#pragma once

#include "http/request.h"
#include "past/windows.h"
#include "store/pastpool.h"
#include "util/json.h"

int fb_api_windows(struct fb_request *req);
int fb_api_alias_history(struct fb_request *req);

void fb_window_write(struct fb_json *json, const struct fb_window *window);

/* /windows with a since. */
bool fb_pastwindows_are_asked(const struct fb_request *req);
/* A job of that. False after answering. */
bool fb_pastwindows_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job);
