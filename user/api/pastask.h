/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests about history: which routes have an answer from it, what they ask for, and how they wait
 * without a thread. Their handlers then go over the answer's snapshot as over one of now.
 */
#pragma once

#include "http/request.h"

struct fb_past_job;

/* For the table of routes: is_apart, handle_apart, end_apart. */
bool fb_pastask_is_wanted(struct fb_request *req);
int fb_pastask_handle(struct fb_request *req);
void fb_pastask_end(struct fb_request *req);
/* Of a hub, in place of the first: it has no flows of now. */
bool fb_pastask_is_all_there_is(struct fb_request *req);

/*
 * Ask, and let the request wait: its handler is called again with `req->waited`, the job, which is
 * the request's from here on. There has to be a history.
 */
void fb_pastask_begin(struct fb_request *req, struct fb_past_job *job);
