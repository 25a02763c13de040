/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence of a host or of any flows, to be handed over. */
#pragma once

#include "store/pastpool.h"

struct fb_request;

int fb_api_evidence(struct fb_request *req);

bool fb_evidence_is_asked(const struct fb_request *req);
/* Of a job for these flows. False after answering. */
bool fb_evidence_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job);
