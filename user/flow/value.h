/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of fields compared and written down, each by the type of its field. Any thread. */
#pragma once

#include "flow/fields.h"
#include "util/json.h"

/* -1, 0, 1; unknown values are below all others. */
int fb_value_compare(const struct fb_field *field, const struct fb_value *a,
		     const struct fb_value *b);

/* The value as JSON: number, string, boolean or null. */
void fb_value_write_json(struct fb_json *json, const struct fb_field *field,
			 const struct fb_value *value);
/* As text, without quotes: CSV and terminals escape it themselves. Nothing when not known. */
void fb_value_write_text(struct fb_buf *buf, const struct fb_field *field,
			 const struct fb_value *value);
