/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow as conntrack dashboards call it. */
#pragma once

#include "flow/fields.h"
#include "flow/snapshot.h"
#include "util/json.h"

void fb_alias_write_connection(struct fb_json *json, const struct fb_flow_at *at);
/* A field under another key, null where it is not known. */
void fb_alias_write_field(struct fb_json *json, const char *key, enum fb_field_id id,
			  const struct fb_flow_at *at);
