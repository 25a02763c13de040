/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of fields described for programs. Any thread. */
#pragma once

#include "util/json.h"

/* An array with one object a field: what GET /api/v1/fields answers. */
void fb_schema_write_fields(struct fb_json *json);

/* The flow object as a JSON Schema, for OpenAPI's components. */
void fb_schema_write_flow(struct fb_json *json);
