/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about periods of the history: who moved most, over time, at which hours, how well. */
#pragma once

#include "store/pastpool.h"

struct fb_request;

int fb_api_history_top(struct fb_request *req);
int fb_api_history_series(struct fb_request *req);
int fb_api_history_heat(struct fb_request *req);
int fb_api_history_quality(struct fb_request *req);

bool fb_pastsums_are_asked(const struct fb_request *req);
/* A job of that. False after answering. */
bool fb_pastsums_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job);
