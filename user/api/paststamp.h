/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a handler answers about now or about history, for handlers that do both. */
#pragma once

#include "http/request.h"
#include "store/pastquestion.h"
#include "util/json.h"

/* The answer of history that a handler is called with; NULL: it is about now. */
const struct fb_past_answer *fb_past_of(const struct fb_request *req);

/* The "as_of" and "epoch" members, and of history "search": how far it was looked. */
void fb_past_write_stamp(struct fb_json *json, const struct fb_request *req);
