/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the last 24 hours had of what an act would be about, as history knows it within 2 s: asked
 * before the preview is written, by the request's own thread.
 */
#pragma once

#include <stdbool.h>

#include "filter/filter.h"
#include "util/json.h"

struct fb_request;
struct fb_past_job;

/*
 * True: the request waits, and its handler is called again with `req->waited`. `filter`, which
 * stays the caller's, NULL: all. `scope` FB_SCOPE_COUNT: any.
 */
bool fb_pastday_ask(struct fb_request *req, const struct fb_filter *filter, unsigned int scope);

/* Why it is not known; NULL: it is. `job` NULL: nobody was asked. */
const char *fb_pastday_lack(const struct fb_past_job *job);
/* The members "past" and "past_lack". */
void fb_pastday_write(struct fb_json *json, const struct fb_past_job *job);
