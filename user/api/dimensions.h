/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that paths of routes name, and those of the parameter `dims`. */
#pragma once

#include "http/request.h"
#include "query/query.h"

/* NULL: there is none of that name. */
const struct fb_field *fb_dimension_find(const char *name);
/* Answer that there is none, and which there are. */
void fb_dimension_reply_none(struct fb_request *req);

/* "dims": 2 to FB_SANKEY_DIMS fields; false after answering. */
bool fb_dimensions_read(struct fb_request *req,
			const struct fb_field *fields[static FB_SANKEY_DIMS], unsigned int *n);
