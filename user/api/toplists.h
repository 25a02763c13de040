/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of the biggest values of fields, of the flows of a host or a device. */
#pragma once

#include "flow/fields.h"
#include "util/json.h"

struct fb_toplist {
	const char *key; /* of the list in the answer */
	const char *end; /* which flows: those whose field of that name has the value */
	enum fb_field_id field;
};

#define FB_TOPLISTS_MOST 8

/* By bytes, ten values each, in one pass. 0 or -ENOMEM. */
int fb_toplists_write(struct fb_json *json, struct fb_snapshot *snapshot,
		      const struct fb_toplist *lists, unsigned int n, const char *value);
