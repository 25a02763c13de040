/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow as conntrack dashboards call it. */
#pragma once

#include "flow/snapshot.h"
#include "util/json.h"

void fb_alias_write_connection(struct fb_json *json, const struct fb_flow_at *at);
