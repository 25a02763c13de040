/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/keptfields.h"

const char *fb_field_symbol(enum fb_field_id id)
{
	static const char *const symbols[FB_FIELD_COUNT] = {
#define FIELD(id, ...) [FB_FIELD_##id] = #id,
#define LIST(id, ...)  [FB_FIELD_##id] = #id,
#include "flow/fields.def"
	};

	return symbols[id];
}

/* Totals have no path, for the object has their parts instead. */
bool fb_field_is_kept(const struct fb_field *field)
{
	switch (field->id) {
	case FB_FIELD_pps_up:
	case FB_FIELD_pps_down:
	case FB_FIELD_idle:
	case FB_FIELD_timeout:
	case FB_FIELD_duration:
		return false;
	default:
		return field->path && field->type != FB_TYPE_RATE &&
		       field->type != FB_TYPE_ENDPOINT;
	}
}
