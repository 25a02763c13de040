/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows somebody wants: parsed the same from query parameters and from a view's JSON, and
 * answered the same from a snapshot.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "util/jsonin.h"

#define FB_ROWS_LIMIT 1000

struct fb_rows_error {
	const char *parameter;
	unsigned int offset, length;
	char detail[200];
	char suggestion[64];
};

struct fb_rows_spec {
	unsigned int offset, limit;
};
