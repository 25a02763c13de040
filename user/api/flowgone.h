/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow that is asked for by its id and is not there. */
#pragma once

#include "http/request.h"

/* Answer when it ended, if that is known, or that there was none. */
void fb_api_flow_gone(struct fb_request *req, uint64_t id);
